package parse

import (
	"context"
	"sync"
)

// Read reads everything that sources name and calls deliver for each block: file
// by file as named (the content of a folder and of a glob by path), a file
// reached twice under one label only once, blocks in the order of their file.
// deliver runs on the caller's goroutine and owns the block from then on.
//
// Read returns nil at the end of the last input. Otherwise it returns the first
// of: an error from deliver, unchanged; the cause of ctx's end; an
// [*InputError], after the blocks before it were delivered. Blocks of the
// broken file may be among those: whoever keeps them must be able to undo that.
//
// No goroutine outlives the call. Memory is bounded by [Options.InFlight] and the
// longest line, whatever the size of the inputs.
func Read(ctx context.Context, sources []Source, o Options, deliver func(*Block) error) error {
	o = o.withDefaults()
	inputs, err := find(sources)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	s := newStream(ctx, o)
	var wg sync.WaitGroup
	defer s.close()
	defer wg.Wait()
	defer cancel(nil)

	wg.Go(func() { <-ctx.Done(); s.pool.wake() })
	for range o.Workers {
		wg.Go(s.decode)
	}
	wg.Go(func() { s.read(inputs) })
	return s.deliver(deliver)
}

// A stream is one call of Read.
//
// The reader sends each job twice: to the workers, who take them as they come,
// and to the consumer, who takes them in order and waits for each to be done.
type stream struct {
	ctx   context.Context
	o     Options
	pool  *pool
	work  chan *job
	queue chan *job
	err   error // of the reader; to be read when queue is closed
}

// A job is a block on its way from the reader through a worker to the consumer.
type job struct {
	block *Block
	chunk chunk
	end   *ending // of the file's last block
	done  chan struct{}
}

// An ending is what is known of a file when all of it was read.
type ending struct {
	size int64
	sum  [16]byte
	note string
}

// queued is how many jobs may wait: enough for many small files. The memory of
// large ones is the pool's concern.
const queued = 256

func newStream(ctx context.Context, o Options) *stream {
	return &stream{
		ctx:   ctx,
		o:     o,
		pool:  newPool(&o),
		work:  make(chan *job, queued),
		queue: make(chan *job, queued),
	}
}

// close gives back the memory of blocks that were not delivered.
func (s *stream) close() {
	for j := range s.queue {
		j.block.Release()
	}
	s.pool.close()
}

// send passes a job on, and its memory with it.
func (s *stream) send(j *job) error {
	bytes := j.block.Bytes
	j.block.release = func(*Block) { s.pool.put(bytes) }
	s.pool.announce()
	select {
	case s.queue <- j:
	case <-s.ctx.Done():
		j.block.Release()
		return context.Cause(s.ctx)
	}
	if j.block.Bytes == nil {
		close(j.done)
	} else {
		s.work <- j // workers never wait for anything else
	}
	return nil
}

// decode is a worker.
func (s *stream) decode() {
	d := newDecoder(&s.o)
	for j := range s.work {
		if s.ctx.Err() == nil {
			d.decode(j.block, j.chunk.line, j.chunk.records)
			j.block.Blank += j.chunk.blank
		}
		close(j.done)
	}
}

// deliver hands the blocks to the consumer.
func (s *stream) deliver(deliver func(*Block) error) error {
	for j := range s.queue {
		s.pool.taken()
		<-j.done
		if s.ctx.Err() != nil {
			j.block.Release()
			return context.Cause(s.ctx)
		}
		if f := j.block.File; j.end != nil {
			f.Size, f.Sum, f.Note = j.end.size, j.end.sum, j.end.note
		}
		if err := deliver(j.block); err != nil {
			return err
		}
	}
	return s.err
}
