package session

// Offer puts a command into the mailbox. It never blocks: false means that the
// mailbox is full or the session has ended, and the caller answers.
func (s *Session) Offer(r *Request) bool { return s.inbox.offer(r) }

// Done is closed when Run has returned.
func (s *Session) Done() <-chan struct{} { return s.inbox.done }

// Resync asks the session to re-read Finesse and publish O-024 and O-001 (M8).
func (s *Session) Resync() { s.inbox.signal(sigResync) }

// ServerChanged tells the session that the serving Finesse changed.
func (s *Session) ServerChanged() { s.inbox.signal(sigServer) }

// LetGo ends the session without a word to client or Finesse: another node has
// the agent now and its presence is up.
func (s *Session) LetGo() { s.inbox.signal(sigLetGo) }

// Handed says that the node which had the agent has finished their commands, or
// is at it.
func (s *Session) Handed(busy bool) {
	if busy {
		s.inbox.signal(sigHanding)
		return
	}
	s.inbox.signal(sigHanded)
}
