package main

import (
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"
)

type server struct {
	store     *store
	limiter   *limiter
	publicURL string
}

type keyHandler func(w http.ResponseWriter, r *http.Request, key *apiKey)

// withKey lets a request through when its X-API-Key is known and has the scope.
func (s *server) withKey(scope string, next keyHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		key, err := s.store.key(r.Header.Get("X-API-Key"))
		switch {
		case err != nil:
			problem(w, http.StatusServiceUnavailable, "storage_unavailable", "")
		case key == nil:
			problem(w, http.StatusUnauthorized, "api_key_invalid", "")
		case !key.scopes[scope]:
			problem(w, http.StatusForbidden, "scope_missing", "")
		default:
			next(w, r, key)
		}
	}
}

// limited applies the tenant's rate limit and says where it stands.
func (s *server) limited(next keyHandler) keyHandler {
	return func(w http.ResponseWriter, r *http.Request, key *apiKey) {
		admitted, remaining, reset := s.limiter.admit(key, time.Now())
		window := math.Ceil(key.burst / key.rate)
		w.Header().Set("RateLimit-Policy", fmt.Sprintf(`"tenant";q=%.0f;w=%.0f`, key.burst, window))
		w.Header().Set("RateLimit", fmt.Sprintf(`"tenant";r=%d;t=%d`, remaining, reset))
		if !admitted {
			w.Header().Set("Retry-After", fmt.Sprint(reset))
			problem(w, http.StatusTooManyRequests, "rate_limited", "")
			return
		}
		next(w, r, key)
	}
}

// limiter is GCRA: one theoretical arrival time a tenant.
type limiter struct {
	mutex    sync.Mutex
	arrivals map[string]time.Time
}

func newLimiter() *limiter { return &limiter{arrivals: map[string]time.Time{}} }

func (l *limiter) admit(key *apiKey, now time.Time) (admitted bool, remaining, reset int) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	arrival := l.arrivals[key.tenant]
	if arrival.Before(now) {
		arrival = now
	}
	arrival = arrival.Add(time.Duration(float64(time.Second) / key.rate))
	room := key.burst/key.rate - arrival.Sub(now).Seconds()
	if room >= 0 {
		l.arrivals[key.tenant] = arrival
	}
	return room >= 0, int(math.Max(0, room*key.rate)), int(math.Ceil(arrival.Sub(now).Seconds()))
}

func problem(w http.ResponseWriter, status int, code, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"type":"about:blank","title":%q,"status":%d,"code":%q,"detail":%q}`,
		http.StatusText(status), status, code, detail)
}
