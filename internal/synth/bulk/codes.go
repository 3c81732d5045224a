package bulk

// A code is a coding with its display.
type code struct{ system, code, display string }

const (
	snomed  = "http://snomed.info/sct"
	loinc   = "http://loinc.org"
	rxnorm  = "http://www.nlm.nih.gov/research/umls/rxnorm"
	cvx     = "http://hl7.org/fhir/sid/cvx"
	icd10   = "http://hl7.org/fhir/sid/icd-10-cm"
	hl7     = "http://terminology.hl7.org/CodeSystem/"
	profile = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
	home    = "https://synthetic.example/id"
)

// append appends the coding as an object.
func (c code) append(b []byte) []byte {
	return cat(b, `{"system":"`, c.system, `","code":"`, c.code, `","display":"`, c.display, `"}`)
}

// concept appends a CodeableConcept whose text is the display.
func (c code) concept(b []byte) []byte {
	b = append(b, `{"coding":[`...)
	b = c.append(b)
	return cat(b, `],"text":"`, c.display, `"}`)
}

// bare appends a CodeableConcept without text.
func (c code) bare(b []byte) []byte {
	b = append(b, `{"coding":[`...)
	b = c.append(b)
	return append(b, `]}`...)
}

var visitTypes = []code{
	{snomed, "162673000", "General examination of patient (procedure)"}, {snomed, "185345009", "Encounter for symptom"},
	{snomed, "185347001", "Encounter for problem (procedure)"}, {snomed, "185349003", "Encounter for check up (procedure)"},
	{snomed, "390906007", "Follow-up encounter"}, {snomed, "410620009", "Well child visit (procedure)"},
	{snomed, "424441002", "Prenatal initial visit (regime/therapy)"}, {snomed, "50849002", "Emergency room admission (procedure)"},
	{snomed, "308335008", "Patient encounter procedure"}, {snomed, "702927004", "Urgent care clinic (environment)"},
}

var disorders = []code{
	{snomed, "59621000", "Essential hypertension (disorder)"}, {snomed, "44054006", "Diabetes mellitus type 2 (disorder)"},
	{snomed, "55822004", "Hyperlipidemia (disorder)"}, {snomed, "195662009", "Acute viral pharyngitis (disorder)"},
	{snomed, "10509002", "Acute bronchitis (disorder)"}, {snomed, "444814009", "Viral sinusitis (disorder)"},
	{snomed, "271737000", "Anemia (disorder)"}, {snomed, "15777000", "Prediabetes (finding)"},
	{snomed, "162864005", "Body mass index 30+ - obesity (finding)"}, {snomed, "195967001", "Asthma (disorder)"},
	{snomed, "40055000", "Chronic sinusitis (disorder)"}, {snomed, "370143000", "Major depressive disorder (disorder)"},
	{snomed, "53741008", "Coronary heart disease (disorder)"}, {snomed, "431855005", "Chronic kidney disease stage 1 (disorder)"},
	{snomed, "44465007", "Sprain of ankle (disorder)"}, {snomed, "239873007", "Osteoarthritis of knee (disorder)"},
	{snomed, "160903007", "Full-time employment (finding)"}, {snomed, "73595000", "Stress (finding)"},
	{icd10, "I10", "Essential (primary) hypertension"}, {icd10, "E11.9", "Type 2 diabetes mellitus without complications"},
	{icd10, "J45.909", "Unspecified asthma, uncomplicated"}, {icd10, "M54.5", "Low back pain"},
}

var procedureCodes = []code{
	{snomed, "430193006", "Medication reconciliation (procedure)"}, {snomed, "710824005", "Assessment of health and social care needs (procedure)"},
	{snomed, "171207006", "Depression screening (procedure)"}, {snomed, "454711000124102", "Depression screening using questionnaire (procedure)"},
	{snomed, "428211000124100", "Assessment of substance use (procedure)"}, {snomed, "265764009", "Renal dialysis (procedure)"},
	{snomed, "399208008", "Plain chest X-ray (procedure)"}, {snomed, "73761001", "Colonoscopy (procedure)"},
	{snomed, "23426006", "Measurement of respiratory function (procedure)"}, {snomed, "117015009", "Throat culture (procedure)"},
	{snomed, "76601001", "Intramuscular injection (procedure)"}, {snomed, "268556000", "Urine screening for glucose (procedure)"},
	{snomed, "180325003", "Electrical cardioversion (procedure)"}, {snomed, "305428000", "Admission to orthopedic department (procedure)"},
}

var drugCodes = []code{
	{rxnorm, "314076", "lisinopril 10 MG Oral Tablet"}, {rxnorm, "861007", "24 HR metformin hydrochloride 500 MG Oral Tablet"},
	{rxnorm, "617310", "atorvastatin 20 MG Oral Tablet"}, {rxnorm, "310798", "Hydrochlorothiazide 25 MG Oral Tablet"},
	{rxnorm, "313782", "Acetaminophen 325 MG Oral Tablet"}, {rxnorm, "310965", "Ibuprofen 200 MG Oral Tablet"},
	{rxnorm, "308182", "Amoxicillin 250 MG Oral Capsule"}, {rxnorm, "198405", "Ibuprofen 100 MG Oral Tablet"},
	{rxnorm, "197361", "Amlodipine 5 MG Oral Tablet"}, {rxnorm, "312961", "Simvastatin 20 MG Oral Tablet"},
	{rxnorm, "106892", "insulin isophane, human 70 UNT/ML / insulin, regular, human 30 UNT/ML Injectable Suspension"},
	{rxnorm, "849574", "Naproxen sodium 220 MG Oral Tablet"}, {rxnorm, "583214", "Paclitaxel 100 MG Injection"},
	{rxnorm, "745679", "200 ACTUAT Albuterol 0.09 MG/ACTUAT Metered Dose Inhaler"},
}

var vaccineCodes = []code{
	{cvx, "140", "Influenza, seasonal, injectable, preservative free"}, {cvx, "113", "Td (adult), 5 Lf tetanus toxoid, preservative free, adsorbed"},
	{cvx, "115", "Tdap"}, {cvx, "133", "Pneumococcal conjugate PCV 13"}, {cvx, "121", "zoster vaccine, live"},
	{cvx, "03", "MMR"}, {cvx, "21", "varicella"}, {cvx, "08", "Hep B, adolescent or pediatric"}, {cvx, "20", "DTaP"}, {cvx, "10", "IPV"},
}

// A measure is what an Observation with a number measures.
type measure struct {
	code
	unit      string
	low, high float64
	vital     bool
}

var measures = []measure{
	{code{loinc, "8302-2", "Body Height"}, "cm", 50, 195, true}, {code{loinc, "29463-7", "Body Weight"}, "kg", 4, 140, true},
	{code{loinc, "39156-5", "Body mass index (BMI) [Ratio]"}, "kg/m2", 15, 42, true}, {code{loinc, "8867-4", "Heart rate"}, "/min", 55, 110, true},
	{code{loinc, "9279-1", "Respiratory rate"}, "/min", 11, 22, true}, {code{loinc, "8310-5", "Body temperature"}, "Cel", 36, 39, true},
	{code{loinc, "4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"}, "%", 4.5, 11, false},
	{code{loinc, "2339-0", "Glucose [Mass/volume] in Blood"}, "mg/dL", 65, 240, false},
	{code{loinc, "38483-4", "Creatinine [Mass/volume] in Blood"}, "mg/dL", 0.4, 4, false},
	{code{loinc, "6299-2", "Urea nitrogen [Mass/volume] in Blood"}, "mg/dL", 6, 30, false},
	{code{loinc, "49765-1", "Calcium [Mass/volume] in Blood"}, "mg/dL", 8, 11, false},
	{code{loinc, "2947-0", "Sodium [Moles/volume] in Blood"}, "mmol/L", 134, 146, false},
	{code{loinc, "6298-4", "Potassium [Moles/volume] in Blood"}, "mmol/L", 3.4, 5.4, false},
	{code{loinc, "2093-3", "Cholesterol [Mass/volume] in Serum or Plasma"}, "mg/dL", 130, 290, false},
	{code{loinc, "2571-8", "Triglycerides"}, "mg/dL", 70, 380, false},
	{code{loinc, "18262-6", "Low Density Lipoprotein Cholesterol"}, "mg/dL", 50, 190, false},
	{code{loinc, "2085-9", "Cholesterol in HDL [Mass/volume] in Serum or Plasma"}, "mg/dL", 25, 85, false},
	{code{loinc, "33914-3", "Glomerular filtration rate/1.73 sq M.predicted"}, "mL/min/{1.73_m2}", 20, 130, false},
	{code{loinc, "6690-2", "Leukocytes [#/volume] in Blood by Automated count"}, "10*3/uL", 3, 15, false},
	{code{loinc, "718-7", "Hemoglobin [Mass/volume] in Blood"}, "g/dL", 9, 18, false},
	{code{loinc, "777-3", "Platelets [#/volume] in Blood by Automated count"}, "10*3/uL", 140, 460, false},
}

var smoking = []code{
	{snomed, "266919005", "Never smoked tobacco (finding)"}, {snomed, "8517006", "Ex-smoker (finding)"},
	{snomed, "449868002", "Smokes tobacco daily (finding)"},
}

// surveyItems are questions of a survey on social needs.
var surveyItems = []code{
	{loinc, "54899-0", "Preferred language"}, {loinc, "56051-6", "Hispanic or Latino"}, {loinc, "56799-0", "Address"},
	{loinc, "63512-8", "How many people are living or staying at this address"}, {loinc, "63586-2", "What was your best estimate of the total income of all family members"},
	{loinc, "67875-5", "Employment status - current"}, {loinc, "71802-3", "Housing status"}, {loinc, "76437-3", "Primary insurance"},
	{loinc, "76501-6", "Within the last year, have you been afraid of your partner"}, {loinc, "82589-3", "Highest level of education"},
	{loinc, "93026-3", "Do you feel physically and emotionally safe where you currently live"}, {loinc, "93035-4", "How often do you see or talk to people that you care about"},
}

var surveyAnswers = []code{
	{loinc, "LA33-6", "Yes"}, {loinc, "LA32-8", "No"}, {loinc, "LA30122-8", "I choose not to answer this question"},
	{loinc, "LA17956-6", "Unemployed"}, {loinc, "LA31993-1", "I have housing"}, {loinc, "LA30186-3", "Once a week"},
}

var reportCodes = []code{
	{loinc, "51990-0", "Basic metabolic panel - Blood"}, {loinc, "57698-3", "Lipid panel with direct LDL - Serum or Plasma"},
	{loinc, "58410-2", "CBC panel - Blood by Automated count"}, {loinc, "24323-8", "Comprehensive metabolic 2000 panel - Serum or Plasma"},
	{loinc, "55757-9", "Patient Health Questionnaire 2 item (PHQ-2) [Reported]"}, {loinc, "34117-2", "History and physical note"},
}

var allergens = []code{
	{snomed, "264287008", "Animal dander (substance)"}, {snomed, "256277009", "Grass pollen (substance)"}, {snomed, "442571000124108", "Tree nut (substance)"},
	{snomed, "102263004", "Eggs (edible) (substance)"}, {snomed, "84489001", "Mold (organism)"}, {rxnorm, "7980", "Penicillin G"},
}

var reactions = []code{
	{snomed, "247472004", "Wheal (finding)"}, {snomed, "267036007", "Dyspnea (finding)"}, {snomed, "418290006", "Itching (finding)"},
	{snomed, "39579001", "Anaphylaxis (disorder)"}, {snomed, "300359004", "Finding of vomiting (finding)"},
}

var deviceCodes = []code{
	{snomed, "337414009", "Blood glucose meter (physical object)"}, {snomed, "701077002", "Respiratory apnea monitoring system (physical object)"},
	{snomed, "706004007", "Implantable cardiac pacemaker (physical object)"}, {snomed, "702172008", "Home continuous positive airway pressure unit (physical object)"},
}

var activityCodes = []code{
	{snomed, "160670007", "Diabetic diet (finding)"}, {snomed, "229065009", "Exercise therapy (regime/therapy)"},
	{snomed, "412776001", "Chronic obstructive pulmonary disease clinical management plan (procedure)"}, {snomed, "409002", "Food allergy diet (finding)"},
}

var givenNames = []string{"Evan", "Liane", "Elvis", "Marta", "Ines", "Omar", "Ruth", "Pavel", "Aiko", "Nadia", "Tomas", "Grace", "Hugo", "Leila", "Arne", "Bianca"}

var familyNames = []string{"Haan", "Kovacs", "Lindgren", "Morales", "Okafor", "Petrov", "Quist", "Rossi", "Sato", "Tanaka", "Ueda", "Varga", "Weber", "Young", "Zeman", "Abbott"}

var insurers = []string{"Medicare", "Medicaid", "Prairie Mutual", "Blue Ridge Health Plan", "Harbor Assurance", "Northern Trails HMO", "NO_INSURANCE"}
