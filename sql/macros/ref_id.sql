-- ref_id(reference, wanted, urn_type, urn_id): the bare id in the text of a reference to a
-- resource of type wanted, else NULL. urn_type and urn_id are what ledger.urns has of the
-- reference.
create or replace macro ref_id(reference, wanted, urn_type, urn_id) as
    case
        when regexp_full_match(reference, wanted || '/[^/?#]+')
            then reference[length(wanted) + 2:]
        when starts_with(reference, 'urn:')
            then case
                when urn_type is null or urn_type = wanted then coalesce(urn_id, urn_tail(reference))
            end
        else regexp_extract_all(
            reference,
            '^(?:[^?#]*/)?' || wanted || '/([^/?#]+)(?:/_history/[^/?#]+)?$',
            1
        )[1]
    end;

comment on macro ref_id is 'Bare id in the text of a reference to a resource of one type';
