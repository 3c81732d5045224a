package parse

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"os"
)

// read reads inputs one after the other.
func (s *stream) read(inputs []*input) {
	defer close(s.queue)
	defer close(s.work)
	for i, in := range inputs {
		if s.err = s.readInput(in); s.err != nil {
			return
		}
		if last := i+1 == len(inputs) || inputs[i+1].folder != in.folder; last && in.folder != nil {
			if s.err = in.folder.check(); s.err != nil {
				return
			}
		}
	}
}

// readInput reads a file, all members of an archive, or a stream.
func (s *stream) readInput(in *input) error {
	file := &File{Source: in.label, Name: displayName(in.path), Size: max(in.size, 0)}
	if in.note != "" {
		return s.leaveOut(file, in.note)
	}
	f, r, err := in.open(s.ctx)
	if err != nil {
		return err
	}
	defer f.Close()
	used := 0
	if in.size >= 0 && isZip(f) {
		used, err = s.readArchive(in, f)
	} else {
		output := s.o.MaxOutput
		c := &content{file: file, in: r, output: &output, found: in.folder != nil}
		if in.size >= 0 {
			c.section = io.NewSectionReader(f, 0, in.size)
		}
		used, err = s.readContent(c)
	}
	if in.folder != nil {
		in.folder.used += used
	}
	return err
}

// readArchive reads the members of an archive and returns how many held FHIR.
func (s *stream) readArchive(in *input, f *os.File) (used int, err error) {
	all, err := members(displayName(in.path), f, in.size)
	if err != nil {
		return 0, err
	}
	output := s.o.MaxOutput
	for _, m := range all {
		name := displayName(in.path + "!" + m.Name)
		c := &content{file: &File{Source: in.label, Name: name, Size: int64(m.CompressedSize64)}, output: &output, found: true}
		n, err := s.readMember(m, f, c)
		if err != nil {
			return used, err
		}
		used += n
	}
	if used == 0 && in.folder == nil {
		return 0, inputError(in.path, "no FHIR files in this archive", ErrNothing)
	}
	return used, nil
}

func (s *stream) readMember(m *zip.File, f *os.File, c *content) (used int, err error) {
	if isSymlink(m) {
		return 0, s.leaveOut(c.file, noteForeign("a link"))
	}
	if err := openMember(m, f, c); err != nil {
		return 0, err
	}
	return s.readContent(c)
}

// readContent reads what is behind one File, and returns 1 if that held FHIR, or
// is known.
func (s *stream) readContent(c *content) (used int, err error) {
	if known, err := s.known(c); known || err != nil {
		return 1, err
	}
	u := unpacker{tap: &tap{ctx: s.ctx, in: c.in}, o: &s.o, output: c.output, check: c.check}
	defer u.close()
	r, err := u.unpack(c.format)
	if err == nil {
		err = s.cut(c, &u, r)
	}
	if what, ok := errors.AsType[leftOut](err); ok {
		return 0, s.leaveOut(c.file, noteForeign(what.Error()))
	}
	return 1, s.explain(c.file.Name, &u, err)
}

// known asks whether content is to be skipped, and if so does it.
func (s *stream) known(c *content) (bool, error) {
	if s.o.Skip == nil || c.section == nil {
		return false, nil
	}
	var failed error
	skip, err := s.o.Skip(c.file, func() ([16]byte, error) {
		sum, err := sumSection(s.ctx, c.section)
		if err != nil {
			failed = systemError(c.file.Name, err)
		}
		c.file.Sum = sum
		return sum, failed
	})
	if err == nil && skip {
		err = s.leaveOut(c.file, NoteSkipped)
	}
	return skip, err
}

// explain gives an error of reading a file the file's name.
func (s *stream) explain(name string, u *unpacker, err error) error {
	if err == nil {
		return nil
	}
	if s.ctx.Err() != nil {
		return context.Cause(s.ctx)
	}
	if e, ok := errors.AsType[*InputError](err); ok {
		e.Name = name
		return e
	}
	if u.tap.err != nil {
		return systemError(name, u.tap.err)
	}
	return err
}

// leaveOut sends the empty block of a file that is not read.
func (s *stream) leaveOut(file *File, note string) error {
	return s.send(&job{
		block: &Block{File: file, First: true, Last: true, Read: file.Size},
		end:   &ending{size: file.Size, sum: file.Sum, note: note},
		done:  make(chan struct{}),
	})
}

// cut cuts content into blocks and sends them off.
func (s *stream) cut(c *content, u *unpacker, r io.Reader) error {
	first := true
	return (&cutter{
		ctx: s.ctx, in: r, pool: s.pool, size: s.o.BlockSize, maxLine: s.o.MaxLine, check: c.judge,
		emit: func(ch chunk) error {
			j := &job{chunk: ch, done: make(chan struct{})}
			if ch.last {
				if err := j.finish(u); err != nil {
					return err
				}
			}
			j.block = &Block{File: c.file, First: first, Last: ch.last, Bytes: ch.bytes, Offset: ch.offset, Read: u.tap.sum.size}
			first = false
			return s.send(j)
		},
	}).run()
}

// finish notes what is known of a file at its end. A zip member's bytes may not
// have been read to the last one.
func (j *job) finish(u *unpacker) error {
	if _, err := io.Copy(io.Discard, u.tap); err != nil {
		return err
	}
	j.end = &ending{size: u.tap.sum.size, sum: u.tap.sum.sum(), note: u.note()}
	return nil
}
