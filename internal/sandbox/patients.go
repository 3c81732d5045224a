package sandbox

// A source is where a patient's records are.
type source struct {
	name, brandAlias string
	platform         string
	scope            string // empty in a connection of TEFCA that the widget reports
	tefca            bool
}

const fullScope = "openid fhirUser offline_access patient/*.read"

var (
	fooClinic = source{name: "FooClinic (Sandbox)", brandAlias: "FooClinic", platform: "fasten", scope: fullScope}
	epic      = source{name: "Epic MyChart (Sandbox)", brandAlias: "MyChart", platform: "epic", scope: fullScope}
	tefca     = source{name: "TEFCA network (Sandbox)", brandAlias: "TEFCA", platform: "tefca", scope: "patient/*.read", tefca: true}
)

var sources = []source{fooClinic, epic, tefca}

// A Patient is a synthetic person who can connect. Names and counts are those of
// the provider's guide to test data; what the sandbox exports is its own.
type Patient struct {
	User      string `json:"user"`
	Label     string `json:"label"`
	Resources int    `json:"resources"` // at the provider
	About     string `json:"about"`
}

// Patients returns the users of FooClinic.
func Patients() []Patient {
	return []Patient{
		{"annegoodwin", "Anne Goodwin", 421, "medium, asthma"},
		{"salinatesfay", "Salina Tesfay", 333, "medium"},
		{"sydneyphar", "Sydney Phar", 8, "smallest"},
		{"aaronreichert", "Aaron Reichert", 573, "medium"},
		{"alexmarvin", "Alex Marvin", 212, "oncology, text notes"},
		{"betsyjohnson", "Betsy Johnson", 24, "advance directives"},
		{"earlcarrillo", "Earl Carrillo", 3556, "largest"},
		{"johndoe", "John Doe", 11, "small, medications"},
		{"marcellaschumm", "Marcella Schumm", 531, "pregnancy, chronic"},
		{"markusward", "Markus Ward", 1919, "reports and documents"},
		{"patricianoelle", "Patricia Noelle", 19, "service requests, questionnaires"},
		{"seasonoconnell", "Season O'Connell", 1387, "imaging, ECG"},
		{"spencerthompson", "Spencer Thompson", 284, "claims, plans, immunizations"},
		{"williamsim", "William Sim", 10, "tiny, paediatric"},
		{"wilmanader", "Wilma Nader", 220, "claims, questionnaires"},
		{"aletaortiz", "Aleta Ortiz", 305, "imaging"},
	}
}

// facilities are what the record locator of TEFCA finds.
var facilities = []string{"Riverside Clinic", "Lakeside Hospital", "Hilltop Imaging"}

// tefcaEmail is the synthetic patient of the TEFCA guide.
const tefcaEmail = "dogbeaker@aol.com"

// fixtures are the documents that a test export of TEFCA may be made of.
var fixtures = []string{"myra-jones.xml", "lennie-connell.xml", "myra-jones-v2.xml", "myra-jones-v7.xml", "bernice-maxwell.xml"}
