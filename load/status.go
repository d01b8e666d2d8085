package load

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"gcbridge/protocol/secret"
)

// Status is what a load wants to know of /status of a worker.
type Status struct {
	Node       string `json:"node"`
	Goroutines int    `json:"goroutines"`
	Finesse    []struct {
		Server string `json:"server"` // host:port
	} `json:"finesse"`
}

// Admin asks a worker for its status.
type Admin struct {
	Address string        // host:port, or a URL
	Token   secret.Secret // GC_ADMIN_TOKEN of a worker beyond loopback
	Client  *http.Client
}

// maxStatus is the most bytes of a status that are read: it lists every agent.
const maxStatus = 256 << 20

// Status asks.
func (a Admin) Status(ctx context.Context) (st Status, err error) {
	address := strings.TrimSuffix(strings.TrimRight(a.Address, "/"), "/status")
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/status", http.NoBody)
	if err != nil {
		return st, fmt.Errorf("admin: %w", err)
	}
	if !a.Token.IsZero() {
		req.Header.Set("Authorization", "Bearer "+a.Token.Reveal())
	}
	resp, err := a.Client.Do(req)
	if err != nil {
		return st, fmt.Errorf("admin: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return st, fmt.Errorf("admin: %s", resp.Status)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxStatus)).Decode(&st); err != nil {
		return st, fmt.Errorf("admin: status: %w", err)
	}
	return st, nil
}

// Goroutines is how many the worker has.
func (a Admin) Goroutines(ctx context.Context) (int, error) {
	st, err := a.Status(ctx)
	return st.Goroutines, err
}
