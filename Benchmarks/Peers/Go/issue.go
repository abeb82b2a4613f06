package main

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	mathrand "math/rand"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt"
)

type restClaims struct {
	jwt.RegisteredClaims
	// golang-jwt writes an array for aud; ours is one plain string, so it shadows the registered claim.
	Audience string `json:"aud"`
	ClientID string `json:"client_id"`
	Scope    string `json:"scope"`
	KeyID    string `json:"akid"`
}

type wsInfo struct {
	Name  *string `json:"name,omitempty"`
	Image *string `json:"image,omitempty"`
}

type wsMeta struct {
	Tenant string `json:"tenant"`
}

type wsClaims struct {
	jwt.RegisteredClaims
	Audience string `json:"aud"`
	Scope    string `json:"scope"`
	Info     wsInfo `json:"info"`
	Meta     wsMeta `json:"meta"`
	KeyID    string `json:"akid"`
}

type userBody struct {
	ID     string          `json:"id"`
	Name   *string         `json:"name,omitempty"`
	Image  *string         `json:"image,omitempty"`
	Custom json.RawMessage `json:"custom,omitempty"`
}

type issueResponse struct {
	Token        string   `json:"token"`
	WSToken      string   `json:"wsToken"`
	User         userBody `json:"user"`
	ExpiresIn    int64    `json:"expiresIn"`
	ExpiresAt    string   `json:"expiresAt"`
	RefreshAfter int64    `json:"refreshAfter"`
	GrantID      string   `json:"grantId"`
}

func (s *server) issue(w http.ResponseWriter, r *http.Request, key *apiKey) {
	if r.Method != http.MethodPost {
		problem(w, http.StatusMethodNotAllowed, "method_not_allowed", "")
		return
	}
	var request issueRequest
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 16384))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&request); err != nil {
		problem(w, http.StatusBadRequest, "invalid_json", err.Error())
		return
	}
	if err := request.validate(); err != nil {
		problem(w, http.StatusBadRequest, "invalid_request", err.Error())
		return
	}
	now := time.Now()
	user, err := s.store.upsert(key.tenant, &request, now)
	if err != nil {
		problem(w, http.StatusServiceUnavailable, "storage_unavailable", "")
		return
	}
	response, err := s.pair(key, &request, user, now)
	if err != nil {
		problem(w, http.StatusInternalServerError, "internal", "")
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, response)
}

// pair signs both tokens of a new grant.
func (s *server) pair(key *apiKey, request *issueRequest, user storedUser, now time.Time) (*issueResponse, error) {
	lifetime := int64(86400)
	if request.ExpiresIn != nil {
		lifetime = *request.ExpiresIn
	}
	expires := now.Add(time.Duration(lifetime) * time.Second)
	grant := newGrantID(now)
	registered := jwt.RegisteredClaims{
		Issuer: s.publicURL + "/t/" + key.tenant, Subject: *request.UserID,
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(expires), ID: grant + ".rest",
	}
	rest, err := sign(restClaims{registered, "chat-api", key.tenant, "chat:rest", key.id}, "at+jwt", key)
	if err != nil {
		return nil, err
	}
	registered.ID = grant + ".ws"
	ws, err := sign(wsClaims{
		registered, "chat-realtime", "chat:ws", wsInfo{user.name, user.image}, wsMeta{key.tenant}, key.id,
	}, "JWT", key)
	if err != nil {
		return nil, err
	}
	body := userBody{ID: *request.UserID, Name: user.name, Image: user.image}
	if user.custom != nil {
		body.Custom = json.RawMessage(*user.custom)
	}
	return &issueResponse{
		Token: rest, WSToken: ws, User: body, ExpiresIn: lifetime, ExpiresAt: expires.UTC().Format(time.RFC3339),
		RefreshAfter: int64(float64(lifetime) * 5 / 6 * (0.9 + 0.1*mathrand.Float64())), GrantID: grant,
	}, nil
}

func sign(claims jwt.Claims, kind string, key *apiKey) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims)
	token.Header["typ"] = kind
	token.Header["kid"] = key.kid
	return token.SignedString(key.secret)
}

// newGrantID is a UUIDv7 (RFC 9562).
func newGrantID(now time.Time) string {
	var id [16]byte
	rand.Read(id[6:])
	var milliseconds [8]byte
	binary.BigEndian.PutUint64(milliseconds[:], uint64(now.UnixMilli())<<16)
	copy(id[:6], milliseconds[:6])
	id[6] = 0x70 | id[6]&0x0f
	id[8] = 0x80 | id[8]&0x3f
	text := hex.EncodeToString(id[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

func writeJSON(w http.ResponseWriter, value interface{}) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(value)
}
