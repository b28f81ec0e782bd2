package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"

	spikedpb "spiked.example/client/spiked/v1"
)

// A call that sets no deadline of its own is given up after this time; steps
// are not.
const callTimeout = time.Minute

// DefaultAddress is what people mean who name none: $SPIKED_SERVER, or else
// this user's own server.
func DefaultAddress() string {
	if address := os.Getenv("SPIKED_SERVER"); address != "" {
		return address
	}
	directory := os.Getenv("XDG_RUNTIME_DIR")
	if directory == "" {
		directory = fmt.Sprintf("/tmp/spiked-%d", os.Getuid())
	}
	return "unix:" + directory + "/spiked.sock"
}

// DefaultToken is what says who is calling a server at that address: nothing at a
// Unix socket; over TCP $SPIKED_TOKEN, or else, for a server on this machine, the
// token that this user's own server keeps for its clients.
func DefaultToken(address string) string {
	if strings.HasPrefix(address, "unix:") {
		return ""
	}
	if token := os.Getenv("SPIKED_TOKEN"); token != "" {
		return token
	}
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "" // no other machine is to learn this user's own
	}
	file := os.Getenv("SPIKED_TOKEN_FILE")
	if file == "" {
		state := os.Getenv("XDG_STATE_HOME")
		if state == "" {
			state = filepath.Join(os.Getenv("HOME"), ".local", "state")
		}
		file = filepath.Join(state, "spiked", "token")
	}
	text, _ := os.ReadFile(file)
	return strings.TrimSpace(string(text))
}

// Client is a connection to a server. Its calls fail with *Error.
type Client struct {
	Simulation spikedpb.SimulationServiceClient
	Catalog    spikedpb.CatalogServiceClient

	connection *grpc.ClientConn
	instance   atomic.Value
	token      string
}

// Connect connects to unix:/path or host:port, and waits until a server answers
// or the context ends.
func Connect(ctx context.Context, address string) (*Client, error) {
	client := &Client{token: DefaultToken(address)}
	connection, err := grpc.NewClient(address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		// What is large is large because it was asked for.
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32)),
		// A server that is just starting is found soon.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
		}),
		// A step may take hours: pings tell a slow server from one that is gone.
		// Less often than every 5 minutes, which any server or proxy allows.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 330 * time.Second, Timeout: 20 * time.Second}),
		grpc.WithUnaryInterceptor(client.call),
		grpc.WithStreamInterceptor(client.open),
	)
	if err != nil {
		return nil, err
	}
	client.connection = connection
	client.Simulation = spikedpb.NewSimulationServiceClient(connection)
	client.Catalog = spikedpb.NewCatalogServiceClient(connection)
	_, err = client.Catalog.GetServerInfo(ctx, &spikedpb.GetServerInfoRequest{}, grpc.WaitForReady(true))
	if err != nil {
		client.Close()
		return nil, &Error{Code: codes.Unavailable, Message: fmt.Sprintf("no spiked server answers at %s: %v", address, err)}
	}
	return client, nil
}

// Close closes the connection; sessions stay on the server.
func (c *Client) Close() error { return c.connection.Close() }

// Instance is the server's instance according to its last answer. It is drawn
// anew when a server starts: a change means that the server has restarted.
func (c *Client) Instance() string {
	instance, _ := c.instance.Load().(string)
	return instance
}

func (c *Client) noteInstance(header metadata.MD) {
	if values := header.Get("spiked-instance"); len(values) > 0 {
		c.instance.Store(values[0])
	}
}

// identified makes a call say who it comes from.
func (c *Client) identified(ctx context.Context) context.Context {
	if c.token == "" {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+c.token)
}

// open stands around every stream.
func (c *Client) open(ctx context.Context, description *grpc.StreamDesc, connection *grpc.ClientConn,
	method string, stream grpc.Streamer, options ...grpc.CallOption) (grpc.ClientStream, error) {
	return stream(c.identified(ctx), description, connection, method, options...)
}

// call stands around every unary call: it says who calls, sets the deadline,
// decodes the error, and notes the server's instance.
func (c *Client) call(ctx context.Context, method string, request, reply any, connection *grpc.ClientConn,
	invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	if _, set := ctx.Deadline(); !set && method != spikedpb.SimulationService_Step_FullMethodName {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, callTimeout)
		defer cancel()
	}
	var header metadata.MD
	err := invoke(c.identified(ctx), method, request, reply, connection, append(options, grpc.Header(&header))...)
	c.noteInstance(header)
	return toError(err)
}

// CreateSession opens a session.
func (c *Client) CreateSession(ctx context.Context, request *spikedpb.CreateSessionRequest) (*Session, error) {
	answer, err := c.Simulation.CreateSession(ctx, request)
	if err != nil {
		return nil, err
	}
	return &Session{Name: answer.Session.Name, client: c, instance: c.Instance()}, nil
}

// Session is a handle on a session; dropping it leaves the session on the
// server alone.
type Session struct {
	// sessions/{id}.
	Name string

	client   *Client
	instance string
}

// Lost tells whether the server has restarted since the session was opened, and
// the session with it: it must be opened anew.
func (s *Session) Lost() bool { return s.client.Instance() != s.instance }

// CreateNetwork adds a network from a preset.
func (s *Session) CreateNetwork(ctx context.Context, network string, preset *spikedpb.PresetChoice) error {
	_, err := s.client.Simulation.CreateNetwork(ctx, &spikedpb.CreateNetworkRequest{
		Session: s.Name,
		Network: network,
		Source:  &spikedpb.CreateNetworkRequest_Preset{Preset: preset},
	})
	return err
}

// Step lets time pass. It takes as long as it takes; when the context ends, the
// server halts it.
func (s *Session) Step(ctx context.Context, request *spikedpb.StepRequest) (*spikedpb.StepResponse, error) {
	request.Session = s.Name
	return s.client.Simulation.Step(ctx, request)
}

// Halt stops the step that is running, which then answers with how far it came.
// It tells whether one was.
func (s *Session) Halt(ctx context.Context) (bool, error) {
	answer, err := s.client.Simulation.HaltSession(ctx, &spikedpb.HaltSessionRequest{Session: s.Name})
	return answer.GetStepping(), err
}

// Delete closes the session and frees what it holds.
func (s *Session) Delete(ctx context.Context) error {
	_, err := s.client.Simulation.DeleteSession(ctx, &spikedpb.DeleteSessionRequest{Session: s.Name})
	return err
}

// Stream opens a stream of steps: the fastest way to close a loop. When the
// context ends, so does the stream.
func (s *Session) Stream(ctx context.Context) (*StepStream, error) {
	stream, err := s.client.Simulation.StepStream(ctx)
	return &StepStream{session: s, stream: stream}, toError(err)
}

// StepStream carries steps of one session over one open stream.
type StepStream struct {
	session *Session
	stream  spikedpb.SimulationService_StepStreamClient
	noted   bool
	end     error
}

// Step is one round trip. An error ends the stream: every later step fails with
// it.
func (s *StepStream) Step(request *spikedpb.StepRequest) (*spikedpb.StepResponse, error) {
	if s.end != nil {
		return nil, s.end
	}
	request.Session = s.session.Name
	// Send fails with io.EOF when the stream has ended; Recv tells why it has.
	err := s.stream.Send(&spikedpb.StepStreamRequest{Step: request})
	if err == nil || errors.Is(err, io.EOF) {
		var answer *spikedpb.StepStreamResponse
		if answer, err = s.stream.Recv(); err == nil {
			s.note()
			return answer.Step, nil
		}
	}
	if errors.Is(err, io.EOF) {
		s.end = &Error{Code: codes.Unavailable, Message: "the server closed the stream of steps"}
	} else {
		s.end = toError(err)
	}
	return nil, s.end
}

// note takes down the instance that the stream's header names.
func (s *StepStream) note() {
	if s.noted {
		return
	}
	s.noted = true
	if header, err := s.stream.Header(); err == nil {
		s.session.client.noteInstance(header)
	}
}

// Close closes the stream in order: it takes no more steps.
func (s *StepStream) Close() error {
	if s.end != nil {
		return nil
	}
	s.end = &Error{Code: codes.FailedPrecondition, Message: "the stream of steps is closed"}
	if err := s.stream.CloseSend(); err != nil {
		return toError(err)
	}
	// A stream that is not read to its end is never let go of.
	if _, err := s.stream.Recv(); !errors.Is(err, io.EOF) {
		return toError(err)
	}
	return nil
}
