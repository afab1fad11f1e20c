// Copied into the package of the language host when that is built; see toolchain/go_modules.py.

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/proto"
)

// GenerateProgram passes the request to the program beside this one, which is as new as the CLI.
// Fields that this host's older messages do not know are kept and passed on.
func (host *pythonLanguageHost) GenerateProgram(
	ctx context.Context, request *pulumirpc.GenerateProgramRequest,
) (*pulumirpc.GenerateProgramResponse, error) {
	told, err := proto.Marshal(request)
	if err != nil {
		return nil, err
	}
	here, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var answered, said bytes.Buffer
	writer := exec.CommandContext(ctx, filepath.Join(filepath.Dir(here), "pulumi-python-program"))
	writer.Stdin, writer.Stdout, writer.Stderr = bytes.NewReader(told), &answered, &said
	if err := writer.Run(); err != nil {
		return nil, fmt.Errorf("the Python program cannot be written: %w\n%s", err, said.String())
	}
	response := &pulumirpc.GenerateProgramResponse{}
	return response, proto.Unmarshal(answered.Bytes(), response)
}
