package load

// Use is what a worker's process used in a phase, and has at its end. A field
// that nobody could read is 0.
type Use struct {
	ResidentMiB     float64 // at the end
	PeakMiB         float64 // the most since the process began
	CPUSeconds      float64
	CPUPerOperation float64 // milliseconds of one operation of the phase
	Goroutines      int     // at the end
}

// Worker looks at the worker's process; see [Watch].
type Worker interface {
	// Begin is called when a phase begins.
	Begin()
	// End is called when it ends, with how many operations it had.
	End(operations int) Use
}
