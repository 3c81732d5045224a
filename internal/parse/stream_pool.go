package parse

import (
	"context"
	"math/bits"
	"sync"
)

// A pool hands out the memory that blocks live in, takes it back, and bounds how
// much is out.
//
// The bound gives way when the consumer has been given every block there is:
// whatever it holds back, it can only go on if there is another one, so waiting
// for it would be for ever.
type pool struct {
	alloc func(int) []byte
	free  func([]byte)
	block int   // usual number of bytes, with padding
	limit int64 // bytes

	mu      sync.Mutex
	changed sync.Cond
	used    int64            // bytes handed out
	spare   map[int][][]byte // taken back, by capacity
	spares  int64            // bytes of spare
	waiting int              // blocks announced and not yet taken by the consumer
	closed  bool
}

func newPool(o *Options) *pool {
	p := &pool{
		alloc: o.Alloc,
		free:  o.Free,
		block: o.BlockSize + Padding,
		limit: o.InFlight,
		spare: map[int][][]byte{},
	}
	p.changed.L = &p.mu
	return p
}

// get returns an empty slice with room for n bytes and the padding behind them.
// It waits while too much memory is in use, unless ctx ends.
func (p *pool) get(ctx context.Context, n int) ([]byte, error) {
	n = p.class(n + Padding)
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.used+int64(n) > p.limit && p.waiting > 0 && ctx.Err() == nil {
		p.changed.Wait()
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	p.used += int64(n)
	if list := p.spare[n]; len(list) > 0 {
		p.spare[n] = list[:len(list)-1]
		p.spares -= int64(n)
		return list[len(list)-1], nil
	}
	p.trim(p.limit - p.used)
	return p.alloc(n)[:0:n], nil
}

// class rounds a capacity up, so that there are few different ones to keep.
func (p *pool) class(n int) int {
	if n > p.block {
		return n
	}
	return min(p.block, max(1<<12, 1<<bits.Len(uint(n-1))))
}

// put takes memory back.
func (p *pool) put(b []byte) {
	if cap(b) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.changed.Broadcast()
	n := cap(b)
	p.used -= int64(n)
	if p.closed || n > p.block || p.used+p.spares+int64(n) > p.limit {
		p.free(b[:n])
		return
	}
	p.spare[n] = append(p.spare[n], b[:0])
	p.spares += int64(n)
}

// trim frees spare memory until there are at most limit bytes of it.
func (p *pool) trim(limit int64) {
	for n, list := range p.spare {
		for len(list) > 0 && p.spares > limit {
			p.free(list[len(list)-1][:n])
			list = list[:len(list)-1]
			p.spares -= int64(n)
		}
		p.spare[n] = list
	}
}

// announce says that a block is on its way to the consumer, taken that the
// consumer has it.
func (p *pool) announce() { p.count(1) }
func (p *pool) taken()    { p.count(-1) }

func (p *pool) count(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting += n
	p.changed.Broadcast()
}

// wake makes those who wait look at their context again.
func (p *pool) wake() { p.count(0) }

// close frees what is spare; what comes back later is freed at once.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.trim(0)
}
