package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"unicode/utf8"
)

// optional tells absent (stays) from null (cleared) from given (replaces).
type optional struct {
	present bool
	value   *string
}

func (o *optional) UnmarshalJSON(data []byte) error {
	o.present = true
	return json.Unmarshal(data, &o.value)
}

// rawObject is a JSON object kept as the bytes that came, compacted.
type rawObject struct {
	present bool
	raw     json.RawMessage
}

func (o *rawObject) UnmarshalJSON(data []byte) error {
	o.present = true
	if bytes.Equal(data, []byte("null")) {
		return nil
	}
	if data[0] != '{' {
		return errors.New("custom is not an object")
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, data); err != nil {
		return err
	}
	o.raw = compact.Bytes()
	return nil
}

func (o *rawObject) text() *string {
	if o.raw == nil {
		return nil
	}
	text := string(o.raw)
	return &text
}

type issueRequest struct {
	UserID    *string   `json:"userId"`
	Name      optional  `json:"name"`
	Image     optional  `json:"image"`
	Custom    rawObject `json:"custom"`
	ExpiresIn *int64    `json:"expiresIn"`
}

func (r *issueRequest) validate() error {
	if r.UserID == nil || len(*r.UserID) < 1 || len(*r.UserID) > 255 {
		return fmt.Errorf("userId")
	}
	for _, character := range *r.UserID {
		if character < 0x20 || character == 0x7f {
			return errors.New("userId")
		}
	}
	if r.Name.value != nil && utf8.RuneCountInString(*r.Name.value) > 255 {
		return errors.New("name")
	}
	if r.Image.value != nil {
		address, err := url.Parse(*r.Image.value)
		if err != nil || len(*r.Image.value) > 2048 || address.Host == "" ||
			(address.Scheme != "https" && address.Scheme != "http") {
			return errors.New("image")
		}
	}
	if len(r.Custom.raw) > 5120 {
		return errors.New("custom")
	}
	if r.ExpiresIn != nil && (*r.ExpiresIn < 60 || *r.ExpiresIn > 86400) {
		return errors.New("expiresIn")
	}
	return nil
}
