-- is_over(period, moment): whether a Period had ended at the time moment (milliseconds since
-- 1970). A day that is an end belongs to the period. False without a readable end.
create or replace macro is_over(period, moment) as
    coalesce(
        coalesce(epoch_ms(fhir_timestamp(period."end")), epoch_ms(fhir_high(period."end")) + 86400000) <= moment,
        false
    );

comment on macro is_over is 'Whether a Period had ended at a time (milliseconds since 1970)';
