//go:build linux

package crash

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
)

// A Disk replays a log and says what would be left if the machine stopped. A
// file's bytes are safe once the file was synced; its name, once the folder was.
// What is not safe may be there or not, in any order and in pieces.
type Disk struct {
	dir     string
	now     map[string]*inode // what processes see
	safe    map[string]*inode // names that are on the disk
	changes []change          // of names, since the folder was synced
}

// A change gives a file a name or takes one away.
type change struct {
	Op
	file *inode
}

// An inode is a file without a name.
type inode struct {
	safe    []byte
	pending []Op // W and T since it was synced
}

// NewDisk is a disk with one folder, dir, and these files in it, all of it safe.
func NewDisk(dir string, files map[string][]byte) *Disk {
	d := &Disk{dir: dir, now: map[string]*inode{}, safe: map[string]*inode{}}
	for path, content := range files {
		n := &inode{safe: content}
		d.now[path], d.safe[path] = n, n
	}
	return d
}

// Do makes a call.
func (d *Disk) Do(o Op) {
	n := d.now[o.Path]
	switch o.Kind {
	case 'W', 'T':
		if n != nil {
			n.pending = append(n.pending, o)
		}
	case 'S':
		d.sync(o.Path, n)
	case 'C':
		if n != nil {
			n.pending = append(n.pending, Op{Kind: 'T', Path: o.Path})
			return
		}
		d.change(change{o, &inode{}})
	case 'U', 'R', 'L':
		if n != nil {
			d.change(change{o, n})
		}
	}
}

func (d *Disk) change(c change) {
	c.apply(d.now)
	d.changes = append(d.changes, c)
}

func (c change) apply(names map[string]*inode) {
	switch c.Kind {
	case 'C':
		names[c.Path] = c.file
	case 'U':
		delete(names, c.Path)
	case 'R':
		delete(names, c.Path)
		names[c.To] = c.file
	case 'L':
		names[c.To] = c.file
	}
}

func (d *Disk) sync(path string, n *inode) {
	if path == d.dir {
		d.safe = maps.Clone(d.now)
		d.changes = nil
		return
	}
	if n != nil {
		n.safe = n.after(n.pending)
		n.pending = nil
	}
}

// after is the content after these calls.
func (n *inode) after(ops []Op) []byte {
	b := slices.Clone(n.safe)
	for _, o := range ops {
		b = apply(b, o)
	}
	return b
}

func apply(b []byte, o Op) []byte {
	if o.Kind == 'T' {
		return resize(b, o.Length)
	}
	return put(b, o.Offset, o.Data)
}

func resize(b []byte, size int64) []byte {
	if n := size - int64(len(b)); n > 0 {
		return append(b, make([]byte, n)...)
	}
	return b[:size]
}

func put(b []byte, offset int64, data []byte) []byte {
	b = resize(b, max(int64(len(b)), offset+int64(len(data))))
	copy(b[offset:], data)
	return b
}

// Copy is a disk that goes its own way.
func (d *Disk) Copy() *Disk {
	files := map[*inode]*inode{}
	file := func(n *inode) *inode {
		if files[n] == nil {
			files[n] = &inode{safe: n.safe, pending: slices.Clone(n.pending)}
		}
		return files[n]
	}
	c := &Disk{dir: d.dir, now: map[string]*inode{}, safe: map[string]*inode{}}
	for path, n := range d.now {
		c.now[path] = file(n)
	}
	for path, n := range d.safe {
		c.safe[path] = file(n)
	}
	for _, x := range d.changes {
		c.changes = append(c.changes, change{x.Op, file(x.file)})
	}
	return c
}

// With is a copy of the disk after one more call.
func (d *Disk) With(o Op) *Disk {
	c := d.Copy()
	c.Do(o)
	return c
}

// Killed is what is left if the process is killed: everything it did.
func (d *Disk) Killed() map[string][]byte {
	files := map[string][]byte{}
	for path, n := range d.now {
		files[path] = n.after(n.pending)
	}
	return files
}

// A Loss is a way in which a power cut treats what is not safe.
type Loss string

// The ways. Random ones take a seed.
const (
	LoseAll   Loss = "all lost"
	KeepLast  Loss = "only the last write of each file kept"
	KeepSizes Loss = "sizes kept, zeros in new parts"
	Pieces    Loss = "random pieces kept"
	Garbage   Loss = "random pieces kept, garbage in others"
)

// Random reports whether the way depends on the seed.
func (l Loss) Random() bool { return l == Pieces || l == Garbage }

// PowerCut is what is left if the power goes now. The disk itself goes on.
func (d *Disk) PowerCut(l Loss, seed uint64) map[string][]byte {
	rnd := rand.New(rand.NewPCG(seed, uint64(len(d.changes))))
	names := d.keepNames(l, rnd)
	contents := map[*inode][]byte{}
	files := map[string][]byte{}
	for _, path := range slices.Sorted(maps.Keys(names)) {
		n := names[path]
		if _, ok := contents[n]; !ok {
			contents[n] = n.keep(l, rnd)
		}
		files[path] = bytes.Clone(contents[n])
	}
	return files
}

// keepNames chooses among the changes of names that are not safe: none, all, the
// first ones, or each on its own.
func (d *Disk) keepNames(l Loss, rnd *rand.Rand) map[string]*inode {
	names := maps.Clone(d.safe)
	first, single := rnd.IntN(len(d.changes)+1), rnd.IntN(2) == 0
	for i, c := range d.changes {
		keep := l == KeepLast || l == KeepSizes
		if l.Random() {
			keep = single && rnd.IntN(2) == 0 || !single && i < first
		}
		if keep {
			c.apply(names)
		}
	}
	return names
}

// keep chooses among the writes that are not safe.
func (n *inode) keep(l Loss, rnd *rand.Rand) []byte {
	b := slices.Clone(n.safe)
	for i, o := range n.pending {
		switch {
		case l == KeepLast && i == len(n.pending)-1:
			b = apply(b, o)
		case l == KeepSizes && o.Kind == 'W':
			b = resize(b, max(int64(len(b)), o.Offset+o.Length))
		case l.Random():
			b = keepPieces(b, o, l, rnd)
		}
	}
	return b
}

// keepPieces keeps nothing of a call, all of it, or pieces of sectors or pages.
func keepPieces(b []byte, o Op, l Loss, rnd *rand.Rand) []byte {
	switch choice := rnd.IntN(4); {
	case choice == 0:
		return b
	case choice == 1, o.Kind == 'T':
		return apply(b, o)
	}
	piece := []int64{512, 4096}[rnd.IntN(2)]
	for from := int64(0); from < o.Length; {
		to := min(o.Length, (o.Offset+from)/piece*piece+piece-o.Offset)
		switch {
		case rnd.IntN(2) == 0:
			b = put(b, o.Offset+from, o.Data[from:to])
		case l == Garbage && rnd.IntN(8) == 0:
			b = put(b, o.Offset+from, garbage(to-from, rnd))
		}
		from = to
	}
	return b
}

func garbage(n int64, rnd *rand.Rand) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rnd.Uint32())
	}
	return b
}

// Part is the call o if only that many bytes of it were done.
func (o Op) Part(n int64) Op {
	if o.Kind != 'W' || n > o.Length {
		panic(fmt.Sprintf("crash: no part of %d bytes of %v", n, o))
	}
	o.Length, o.Data = n, o.Data[:n]
	return o
}
