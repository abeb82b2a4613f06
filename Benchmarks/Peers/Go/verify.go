package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt"
)

var audiences = map[string]string{"rest": "chat-api", "ws": "chat-realtime"}

type verifyRequest struct {
	Token  string `json:"token"`
	Expect string `json:"expect"`
}

type verifyResponse struct {
	Valid     bool          `json:"valid"`
	Kind      string        `json:"kind"`
	Tenant    string        `json:"tenant"`
	UserID    string        `json:"userId"`
	GrantID   string        `json:"grantId"`
	IssuedAt  string        `json:"issuedAt"`
	ExpiresAt string        `json:"expiresAt"`
	ExpiresIn int64         `json:"expiresIn"`
	Claims    jwt.MapClaims `json:"claims"`
}

type invalidResponse struct {
	Valid  bool   `json:"valid"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

func (s *server) verify(w http.ResponseWriter, r *http.Request, key *apiKey) {
	if r.Method == http.MethodGet {
		s.forwardAuth(w, r, key)
		return
	}
	var request verifyRequest
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 16384))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&request); err != nil || audiences[request.Expect] == "" {
		problem(w, http.StatusBadRequest, "invalid_request", "")
		return
	}
	claims, err := s.check(request.Token, request.Expect, key)
	if err != nil {
		code := "token_malformed"
		if errors.Is(err, jwt.ErrSignatureInvalid) {
			code = "token_signature_invalid"
		}
		writeJSON(w, invalidResponse{Code: code, Detail: err.Error()})
		return
	}
	issued, expires := int64(claims["iat"].(float64)), int64(claims["exp"].(float64))
	writeJSON(w, verifyResponse{
		Valid: true, Kind: request.Expect, Tenant: key.tenant, UserID: claims["sub"].(string),
		GrantID:  claims["jti"].(string)[:36],
		IssuedAt: time.Unix(issued, 0).UTC().Format(time.RFC3339), ExpiresAt: time.Unix(expires, 0).UTC().Format(time.RFC3339),
		ExpiresIn: expires - time.Now().Unix(), Claims: claims,
	})
}

// forwardAuth answers a proxy: 204 with the identity, or 401.
func (s *server) forwardAuth(w http.ResponseWriter, r *http.Request, key *apiKey) {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	claims, err := s.check(token, r.URL.Query().Get("expect"), key)
	if err != nil {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.Header().Set("X-Chat-Tenant", key.tenant)
	w.Header().Set("X-Chat-User", url.PathEscape(claims["sub"].(string)))
	w.Header().Set("X-Chat-Grant", claims["jti"].(string)[:36])
	w.WriteHeader(http.StatusNoContent)
}

// check verifies signature, algorithm, kid, expiry, issuer, audience and kind.
func (s *server) check(text, expect string, key *apiKey) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}
	token, err := jwt.ParseWithClaims(text, claims, func(token *jwt.Token) (interface{}, error) {
		if token.Method != jwt.SigningMethodHS256 || token.Header["kid"] != key.kid {
			return nil, errors.New("unknown key")
		}
		return key.secret, nil
	})
	if err != nil {
		return nil, err
	}
	kind := map[string]string{"rest": "at+jwt", "ws": "JWT"}[expect]
	if token.Header["typ"] != kind || claims["aud"] != audiences[expect] ||
		claims["iss"] != s.publicURL+"/t/"+key.tenant {
		return nil, errors.New("wrong audience, kind or issuer")
	}
	for _, name := range []string{"sub", "jti"} {
		if text, ok := claims[name].(string); !ok || (name == "jti" && len(text) < 36) {
			return nil, errors.New("missing claim")
		}
	}
	for _, name := range []string{"iat", "exp"} {
		if _, ok := claims[name].(float64); !ok {
			return nil, errors.New("missing claim")
		}
	}
	return claims, nil
}
