-- day_of(instant): the day of a TIMESTAMPTZ in UTC, whatever the connection's time zone.
create or replace macro day_of(instant) as
    make_timestamp(epoch_us(instant))::date;

comment on macro day_of is 'Day of an instant in UTC';
