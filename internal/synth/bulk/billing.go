package bulk

func (p *patient) claim(b []byte, i int) []byte {
	v := p.visit(i)
	b = cat(b, `{"resourceType":"Claim","id":"`, p.claims[i], `","status":"active","type":{"coding":[{"system":"`, hl7, `claim-type","code":"`, pick(p.r, []string{"institutional", "professional", "pharmacy"}), `"}]},"use":"claim"`)
	b = p.ref(cat(b, `,"patient":`), "Patient", p.id)
	b = cat(b, `,"display":"`, p.given, ` `, p.family, `"}`)
	b = p.time(p.period(b, "billablePeriod", v.start, v.end), "created", v.end)
	b = p.at(cat(b, `,"provider":`), "Organization", p.clinics[v.doctor])
	b = cat(b, `,"priority":{"coding":[{"system":"`, hl7, `processpriority","code":"normal"}]}`)
	b = p.ref(cat(b, `,"diagnosis":[{"sequence":1,"diagnosisReference":`), "Condition", pick(p.r, p.conditions).id)
	b = cat(b, `}}],"insurance":[{"sequence":1,"focal":true,"coverage":{"display":"`, pick(p.r, insurers), `"}}],"item":[`)
	for n := range 1 + p.r.IntN(4) {
		if n > 0 {
			b = append(b, ',')
		}
		b = appendInt(cat(b, `{"sequence":`), n+1)
		b = pick(p.r, procedureCodes).concept(cat(b, `,"diagnosisSequence":[1],"productOrService":`))
		if n == 0 {
			b = cat(p.ref(cat(b, `,"encounter":[`), "Encounter", v.id), `}]`)
		} else {
			b = cat(appendMoney(cat(b, `,"net":{"value":`), p.r), `,"currency":"USD"}`)
		}
		b = append(b, '}')
	}
	b = appendMoney(cat(b, `],"total":{"value":`), p.r)
	return cat(b, `,"currency":"USD"}}`)
}

func (p *patient) explanationOfBenefit(b []byte, i int) []byte {
	v := p.visit(i)
	d, insurer, claim := p.doctors[v.doctor], pick(p.r, insurers), p.claims[i%len(p.claims)]
	b = cat(b, `{"resourceType":"ExplanationOfBenefit","id":"`, uuid(p.r), `","contained":[{"resourceType":"ServiceRequest","id":"referral","status":"completed","intent":"order"`)
	b = cat(p.by(cat(p.subject(b, "subject"), `,"requester":`), d), `,"performer":[`)
	b = cat(p.by(b, d), `]},{"resourceType":"Coverage","id":"coverage","status":"active","type":{"text":"`, insurer, `"}`)
	b = cat(p.subject(b, "beneficiary"), `,"payor":[{"display":"`, insurer, `"}]}],"identifier":[{"system":"https://bluebutton.cms.gov/resources/variables/clm_id","value":"`, claim,
		`"},{"system":"https://bluebutton.cms.gov/resources/identifier/claim-group","value":"`, p.digits(11), `"}],"status":"active","type":{"coding":[{"system":"`, hl7, `claim-type","code":"professional"}]},"use":"claim"`)
	b = p.period(p.subject(b, "patient"), "billablePeriod", v.start, v.start+86400*365)
	b = p.time(b, "created", v.end)
	b = p.by(cat(b, `,"insurer":{"display":"`, insurer, `"},"provider":`), d)
	b = p.ref(cat(b, `,"referral":{"reference":"#referral"},"claim":`), "Claim", claim)
	b = p.by(cat(b, `},"outcome":"complete","careTeam":[{"sequence":1,"provider":`), d)
	b = code{hl7 + "claimcareteamrole", "primary", "Primary Care Practitioner"}.bare(cat(b, `,"role":`))
	b = p.ref(cat(b, `}],"diagnosis":[{"sequence":1,"diagnosisReference":`), "Condition", pick(p.r, p.conditions).id)
	b = cat(b, `},"type":[{"coding":[{"system":"`, hl7, `ex-diagnosistype","code":"principal"}]}]}],"insurance":[{"focal":true,"coverage":{"reference":"#coverage","display":"`, insurer, `"}}],"item":[`)
	for n := range 2 + p.r.IntN(4) {
		if n > 0 {
			b = append(b, ',')
		}
		b = p.benefitLine(b, n, v)
	}
	b = code{hl7 + "adjudication", "submitted", "Submitted Amount"}.concept(cat(b, `],"total":[{"category":`))
	b = appendMoney(cat(b, `,"amount":{"value":`), p.r)
	b = appendMoney(cat(b, `,"currency":"USD"}}],"payment":{"amount":{"value":`), p.r)
	return cat(b, `,"currency":"USD"}}}`)
}

func (p *patient) benefitLine(b []byte, n int, v *visit) []byte {
	b = appendInt(cat(b, `{"sequence":`), n+1)
	b = code{"https://bluebutton.cms.gov/resources/variables/line_cms_type_srvc_cd", "1", "Medical care"}.bare(cat(b, `,"diagnosisSequence":[1],"category":`))
	b = pick(p.r, procedureCodes).concept(cat(b, `,"productOrService":`))
	b = p.period(b, "servicedPeriod", v.start, v.end)
	b = code{hl7 + "ex-serviceplace", "19", "Off Campus-Outpatient Hospital"}.bare(cat(b, `,"locationCodeableConcept":`))
	if n == 0 {
		return cat(p.ref(cat(b, `,"encounter":[`), "Encounter", v.id), `}]}`)
	}
	b = appendMoney(cat(b, `,"net":{"value":`), p.r)
	b = cat(b, `,"currency":"USD"},"adjudication":[`)
	for i, c := range adjudications {
		if i > 0 {
			b = append(b, ',')
		}
		b = code{"https://bluebutton.cms.gov/resources/codesystem/adjudication", c[0], c[1]}.bare(cat(b, `{"category":`))
		b = cat(appendMoney(cat(b, `,"amount":{"value":`), p.r), `,"currency":"USD"}}`)
	}
	return cat(b, `]}`)
}

var adjudications = [][2]string{
	{"https://bluebutton.cms.gov/resources/variables/line_coinsrnc_amt", "Line Beneficiary Coinsurance Amount"},
	{"https://bluebutton.cms.gov/resources/variables/line_prvdr_pmt_amt", "Line Provider Payment Amount"},
	{"https://bluebutton.cms.gov/resources/variables/line_sbmtd_chrg_amt", "Line Submitted Charge Amount"},
	{"https://bluebutton.cms.gov/resources/variables/line_alowd_chrg_amt", "Line Allowed Charge Amount"},
	{"https://bluebutton.cms.gov/resources/variables/line_bene_ptb_ddctbl_amt", "Line Beneficiary Part B Deductible Amount"},
}
