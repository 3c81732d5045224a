package connect

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
)

// A guard stands before every request: the Host header (a name that somebody
// pointed at 127.0.0.1 would pass a check of origins), then the cookie, which
// other users of this machine do not have, then where a POST comes from, then
// its token.
type guard struct {
	origin string // http://127.0.0.1:PORT
	hosts  []string
	start  string // is exchanged for the cookie once
	used   atomic.Bool
	cookie http.Cookie
	csrf   string
	cross  *http.CrossOriginProtection
}

func newGuard(bound *net.TCPAddr) *guard {
	g := &guard{
		origin: "http://" + bound.String(),
		start:  secret(), csrf: secret(),
		cross: http.NewCrossOriginProtection(),
	}
	for _, name := range []string{"127.0.0.1", "[::1]", "localhost", strings.TrimSuffix(bound.String(), fmt.Sprintf(":%d", bound.Port))} {
		g.hosts = append(g.hosts, fmt.Sprintf("%s:%d", name, bound.Port))
		if bound.Port == 80 {
			g.hosts = append(g.hosts, name)
		}
	}
	g.cookie = http.Cookie{
		Name:  fmt.Sprintf("fhirwh-connect-%d", bound.Port), // cookies are the same for all ports of a host
		Value: secret(), Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}
	return g
}

// secret returns 256 random bits.
func secret() string {
	var b [32]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// same compares in constant time.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// wrap returns next behind the guard.
func (g *guard) wrap(next http.Handler) http.Handler {
	known := g.cross.Handler(g.checkToken(next))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setHeaders(w.Header())
		switch {
		case !slices.Contains(g.hosts, strings.ToLower(r.Host)):
			http.Error(w, "This page has another name.", http.StatusMisdirectedRequest)
		case strings.HasPrefix(r.URL.Path, "/start/"):
			g.exchange(w, r)
		case !g.knows(r):
			g.refuse(w)
		default:
			known.ServeHTTP(w, r)
		}
	})
}

// setHeaders sets what holds for every answer. The page itself has another
// policy: see [policy].
func setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
}

func (g *guard) knows(r *http.Request) bool {
	c, err := r.Cookie(g.cookie.Name)
	return err == nil && same(c.Value, g.cookie.Value)
}

// exchange gives the first browser that comes with the secret its cookie. It
// answers with a page that goes on by itself and not with a redirect: a strict
// cookie would not be sent if a link in another page led here.
func (g *guard) exchange(w http.ResponseWriter, r *http.Request) {
	token := strings.TrimPrefix(r.URL.Path, "/start/")
	switch {
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", "GET")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	case g.knows(r):
	case !same(token, g.start) || g.used.Swap(true):
		g.refuse(w)
		return
	default:
		http.SetCookie(w, &g.cookie)
	}
	writeNote(w, http.StatusOK, note{Title: "One moment", Onward: true})
}

func (g *guard) refuse(w http.ResponseWriter) {
	writeNote(w, http.StatusForbidden, note{Title: "This address is not open to you"})
}

// checkToken refuses what would change something without the token of the page.
func (g *guard) checkToken(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead && !same(r.Header.Get("X-CSRF-Token"), g.csrf) {
			http.Error(w, "The page is out of date: reload it.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
