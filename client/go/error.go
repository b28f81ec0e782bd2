package main

import (
	"fmt"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Error is an error of a call, with what the server says beyond code and
// message.
type Error struct {
	Code    codes.Code
	Message string
	// Why, as a constant such as NOT_FOUND or TIME_MISMATCH; empty if the error
	// does not come from a spiked server (a broken connection, say).
	Reason string
	// Particulars by name.
	Metadata map[string]string
	// The fields of the request that were refused, with what is wrong.
	Fields []*errdetails.BadRequest_FieldViolation
	// The limits of the server that are reached.
	Quotas []*errdetails.QuotaFailure_Violation
	// After which time it is worth another try; 0 if it is not.
	RetryAfter time.Duration
}

func (e *Error) Error() string {
	if e.Reason == "" {
		return fmt.Sprintf("%v: %s", e.Code, e.Message)
	}
	return fmt.Sprintf("%s [%s]", e.Message, e.Reason)
}

// toError turns what a call failed with into an *Error; nil stays nil.
func toError(err error) error {
	if err == nil {
		return nil
	}
	s := status.Convert(err)
	e := &Error{Code: s.Code(), Message: s.Message()}
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			e.Reason, e.Metadata = d.Reason, d.Metadata
		case *errdetails.BadRequest:
			e.Fields = d.FieldViolations
		case *errdetails.QuotaFailure:
			e.Quotas = d.Violations
		case *errdetails.RetryInfo:
			e.RetryAfter = d.RetryDelay.AsDuration()
		}
	}
	return e
}
