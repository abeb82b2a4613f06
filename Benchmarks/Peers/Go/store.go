package main

import (
	"crypto/sha256"
	"strings"
	"sync"
)

type apiKey struct {
	id, tenant  string
	scopes      map[string]bool
	rate, burst float64
	kid         string
	secret      []byte
}

type storedUser struct {
	name, image *string
	custom      *string
}

// store is the database of this build (sqlite.go, or postgres.go with that build tag) and the keys read from it.
type store struct {
	*database
	keys sync.Map
}

func openStore(address string) (*store, error) {
	opened, err := openDatabase(address)
	return &store{database: opened}, err
}

// key finds an API key by the hash of what was presented; nil when there is none.
func (s *store) key(presented string) (*apiKey, error) {
	hash := sha256.Sum256([]byte(presented))
	if found, ok := s.keys.Load(hash); ok {
		return found.(*apiKey), nil
	}
	var key apiKey
	var scopes string
	err := s.findKey(hash[:], &key.id, &key.tenant, &scopes, &key.rate, &key.burst, &key.kid, &key.secret)
	if err == errNoRows {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	key.scopes = map[string]bool{}
	for _, scope := range strings.Fields(scopes) {
		key.scopes[scope] = true
	}
	s.keys.Store(hash, &key)
	return &key, nil
}
