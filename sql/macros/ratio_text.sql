-- ratio_text(ratio): what a person reads of a Ratio: 1 / 128, 20 mg / 5 mL.
create or replace macro ratio_text(ratio) as
    case
        when coalesce(ratio.numerator.value, ratio.denominator.value) is not null
            then concat_ws(' / ', quantity_text(ratio.numerator), quantity_text(ratio.denominator))
    end;

comment on macro ratio_text is 'What a person reads of a Ratio';
