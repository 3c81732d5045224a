-- is_observation_category(code): whether the code is one of HL7's observation categories.
create or replace macro is_observation_category(code) as
    list_contains(
        [
            'laboratory',
            'vital-signs',
            'social-history',
            'imaging',
            'procedure',
            'survey',
            'exam',
            'therapy',
            'activity',
            'sdoh',
            'functional-status',
            'disability-status',
            'cognitive-status'
        ],
        code
    );

comment on macro is_observation_category is 'Whether a code is one of HL7''s observation categories';
