package export

import (
	_ "github.com/BurntSushi/toml"
	_ "github.com/VictoriaMetrics/metrics"
	_ "github.com/peterh/liner"
	_ "golang.org/x/net/netutil"
)
