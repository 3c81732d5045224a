-- Laboratory results outside their reference range, in the last year that has any
select effective_date as date, display, value_text as value, interpretation, reference_low as low, reference_high as high
from observations
where
    category = 'laboratory'
    and (value_number < reference_low or value_number > reference_high or interpretation in ('H', 'HH', 'L', 'LL', 'A', 'AA'))
    and effective_date > (select max(effective_date) from observations where category = 'laboratory') - interval 1 year
order by date desc, display
