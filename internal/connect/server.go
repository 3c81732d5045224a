// Package connect serves the page on which a patient connects their health
// systems: Fasten Connect's widget, on loopback, for one person at a time. It
// hears from the widget what was connected, asks Fasten Connect whether that is
// true, and hands it to its caller.
package connect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/net/netutil"
)

const (
	maxClients    = 64               // at once; a browser opens six
	shutdownLimit = 10 * time.Second // for answers under way
)

// A Server is the page and what was connected on it. Make one with [New], then
// call [Server.Listen] and [Server.Serve] once each.
type Server struct {
	session   *session
	page      *page
	guard     *guard
	listeners []net.Listener
}

// New returns a server of the page that o asks for. Its errors say what is
// wrong with o.
func New(o Options) (*Server, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	s := newSession(o)
	return &Server{session: s, page: &page{options: o, session: s}}, nil
}

// Listen opens addr, which must be a loopback address such as 127.0.0.1:0, and
// the same port of ::1 if that is free. Port 0 is any free port.
func (s *Server) Listen(addr string) error {
	host, port, err := loopback(addr)
	if err != nil {
		return err
	}
	first, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return fmt.Errorf("listen on %s: %w", addr, err)
	}
	s.listeners = append(s.listeners, first)
	bound := first.Addr().(*net.TCPAddr)
	if bound.IP.To4() != nil {
		// Browsers may take localhost to be ::1; without it, the page is at 127.0.0.1.
		if second, err := net.Listen("tcp", net.JoinHostPort("::1", strconv.Itoa(bound.Port))); err == nil {
			s.listeners = append(s.listeners, second)
		}
	}
	s.guard = newGuard(bound)
	s.page.csrf = s.guard.csrf
	return nil
}

// URL is what to open in a browser. It holds a secret that works once.
func (s *Server) URL() string { return s.guard.origin + "/start/" + s.guard.start }

// Serve answers until the widget has completed with a connection (unless the
// page is to stay open), the user ends it on the page, or ctx ends. It returns
// what was connected in any case; the error is that of ctx or of a listener.
func (s *Server) Serve(ctx context.Context) ([]Account, error) {
	server := s.httpServer(ctx)
	failed := make(chan error, len(s.listeners))
	var serving sync.WaitGroup // so that the ports are free when this returns
	defer serving.Wait()
	for _, l := range s.listeners {
		serving.Go(func() { failed <- server.Serve(netutil.LimitListener(l, maxClients)) })
	}
	var err error
	select {
	case <-s.session.done:
	case <-ctx.Done():
		err = context.Cause(ctx)
	case err = <-failed:
		err = fmt.Errorf("serve the page: %w", err)
	}
	return s.session.accounts(), errors.Join(err, shutDown(ctx, server))
}

func (s *Server) httpServer(ctx context.Context) *http.Server {
	return &http.Server{
		Handler:           s.handler(),
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          log.New(io.Discard, "", 0), // a client's mistakes are nobody's business here
	}
}

// shutDown lets answers under way end, also when ctx has ended.
func shutDown(ctx context.Context, server *http.Server) error {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownLimit)
	defer cancel()
	if err := server.Shutdown(limited); err != nil {
		return server.Close()
	}
	return nil
}

func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page.serve)
	mux.HandleFunc("GET /state", s.page.state)
	mux.HandleFunc("POST /event", s.page.event)
	mux.HandleFunc("POST /finish", s.page.finish)
	mux.HandleFunc("GET /static/{name}", serveStatic)
	return s.guard.wrap(mux)
}

// An AddressError is an address that is not only this machine's.
type AddressError struct{ Addr string }

func (e *AddressError) Error() string {
	return fmt.Sprintf("%s is not a loopback address: the page is for this machine alone", e.Addr)
}

// Hint says what to use.
func (e *AddressError) Hint() string { return "for example --addr 127.0.0.1:8080" }

// loopback splits addr. No host and localhost are 127.0.0.1.
func loopback(addr string) (host, port string, err error) {
	host, port, err = net.SplitHostPort(addr)
	if err != nil {
		return "", "", &AddressError{Addr: addr}
	}
	if host == "" || host == "localhost" {
		host = "127.0.0.1"
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return "", "", &AddressError{Addr: addr}
	}
	return host, port, nil
}
