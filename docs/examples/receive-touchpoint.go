// Receives touchpoints from Leadgate, and refuses every request that Leadgate has not signed.
//
//	LEADGATE_WEBHOOK_SECRET=whsec_... go run receive-touchpoint.go
//
// Needs Go 1.19 or newer, and no package. PORT is 8080 by default.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	tolerance = 5 * time.Minute
	mostBytes = 1_000_000
)

type touchpoint struct {
	ID      string `json:"id"`
	Channel string `json:"channel"`
	Try     int    `json:"try"`
}

type event struct {
	Test bool `json:"test"`
	Data struct {
		Touchpoint touchpoint `json:"touchpoint"`
	} `json:"data"`
}

var secret []byte

// Ids that were taken. Keep them in your database, for a week or longer.
var taken sync.Map

// isSigned returns whether Leadgate has signed these bytes, within the last five minutes.
func isSigned(headers http.Header, body []byte) bool {
	at := headers.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > tolerance {
		return false
	}
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s.%s.", headers.Get("webhook-id"), at)
	mac.Write(body)
	expected := mac.Sum(nil)
	// During a rotation of the secret there are two signatures.
	for _, signature := range strings.Split(headers.Get("webhook-signature"), " ") {
		given, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(signature, "v1,"))
		if strings.HasPrefix(signature, "v1,") && err == nil && hmac.Equal(given, expected) {
			return true
		}
	}
	return false
}

// take makes the contact. Put it into a queue here, and make it later: Leadgate waits for 15 seconds.
func take(it touchpoint) {
	fmt.Printf("%s %s try %d\n", it.Channel, it.ID, it.Try)
}

func receive(response http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(response, request.Body, mostBytes))
	if err != nil {
		response.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if !isSigned(request.Header, body) {
		response.WriteHeader(http.StatusUnauthorized)
		return
	}
	var due event
	if err := json.Unmarshal(body, &due); err != nil {
		response.WriteHeader(http.StatusBadRequest)
		return
	}
	// `test` is of `leadgate destination test`.
	if !due.Test {
		// Leadgate repeats a touchpoint under its id if an answer was lost.
		if _, isKnown := taken.LoadOrStore(due.Data.Touchpoint.ID, true); !isKnown {
			take(due.Data.Touchpoint)
		}
	}
	response.WriteHeader(http.StatusNoContent)
}

func main() {
	var err error
	secret, err = base64.StdEncoding.DecodeString(strings.TrimPrefix(os.Getenv("LEADGATE_WEBHOOK_SECRET"), "whsec_"))
	if err != nil || len(secret) < 24 {
		log.Fatal("LEADGATE_WEBHOOK_SECRET is not set")
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("Listening on http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, http.HandlerFunc(receive)))
}
