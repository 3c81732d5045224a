package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
)

// ids gives out identifiers that depend on the seed and on how many were given
// out before, so that two runs alike have the same.
type ids struct {
	seed uint64

	mu   sync.Mutex
	next map[string]int
}

func newIDs(seed uint64) *ids { return &ids{seed: seed, next: map[string]int{}} }

// named returns the bytes that belong to a name: always the same.
func (g *ids) named(kind, name string) [32]byte { return hashOf(g.seed, kind, name) }

func hashOf(seed uint64, kind, name string) [32]byte {
	return sha256.Sum256(fmt.Appendf(nil, "fhirwh sandbox/%d/%s/%s", seed, kind, name))
}

// new returns the next bytes of a kind.
func (g *ids) new(kind string) [32]byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.next[kind]++
	return g.named(kind, fmt.Sprint("#", g.next[kind]))
}

// uuid returns a new UUID, version 4 by its looks.
func (g *ids) uuid(kind string) string { return uuidOf(g.new(kind)) }

// taskID returns a new id as tasks have it: 32 hexadecimal digits.
func (g *ids) taskID() string {
	b := g.new("task")
	return hex.EncodeToString(b[:16])
}

// namedUUID returns the UUID that belongs to a name.
func (g *ids) namedUUID(kind, name string) string { return uuidOf(g.named(kind, name)) }

func uuidOf(b [32]byte) string {
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// keys returns the pair of API keys of an organisation. As with the real ones,
// the private one has characters that a shell or a dotenv file may eat.
func (g *ids) keys(org, mode string) (public, private string) {
	p, k := g.named("public", org+mode), g.named("private", org+mode)
	secret := base64.RawURLEncoding.EncodeToString(k[:])
	return "public_" + mode + "_sandbox" + hex.EncodeToString(p[:6]),
		"private_" + mode + "_sandbox" + secret[:8] + ")$x&" + secret[8:16] + "#!*" + secret[16:24]
}

// webhookSecret returns a new secret that signs events.
func (g *ids) webhookSecret(mode string) string {
	b := g.new("webhook secret " + mode)
	return "whsec_" + base64.StdEncoding.EncodeToString(b[:])
}

// sameID says whether two ids differ in dashes and case only.
func sameID(a, b string) bool { return plainID(a) == plainID(b) }

func plainID(id string) string { return strings.ToLower(strings.ReplaceAll(id, "-", "")) }
