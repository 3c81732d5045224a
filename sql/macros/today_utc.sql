-- today_utc(): the day it is in UTC, whatever the connection's time zone.
create or replace macro today_utc() as
    make_timestamp(epoch_us(now()))::date;

comment on macro today_utc is 'The day it is in UTC';
