// Translates a program in Pulumi's own language (PCL) to Python, for `pulumi import`.
//
// The language host that can be built from Go modules is too old for this. It passes the request on to
// this program, which is built from the modules of the CLI: it reads and writes protocol messages.
package main

import (
	"fmt"
	"io"
	"os"
	"sort"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/codegen/hcl2/syntax"
	"github.com/pulumi/pulumi/pkg/v3/codegen/pcl"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/proto"

	"github.com/hashicorp/hcl/v2"
)

func main() {
	if err := answer(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// answer reads a GenerateProgramRequest and writes a GenerateProgramResponse.
func answer(in io.Reader, out io.Writer) error {
	told, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	var request pulumirpc.GenerateProgramRequest
	if err := proto.Unmarshal(told, &request); err != nil {
		return err
	}
	files, problems, err := write(&request)
	if err != nil {
		return err
	}
	response := &pulumirpc.GenerateProgramResponse{Source: files}
	for _, problem := range problems {
		response.Diagnostics = append(response.Diagnostics, plugin.HclDiagnosticToRPCDiagnostic(problem))
	}
	written, err := proto.Marshal(response)
	if err != nil {
		return err
	}
	_, err = out.Write(written)
	return err
}

// write returns the files of the Python program by name, or none if there are errors.
func write(request *pulumirpc.GenerateProgramRequest) (map[string][]byte, hcl.Diagnostics, error) {
	loader, err := schema.NewLoaderClient(request.LoaderTarget)
	if err != nil {
		return nil, nil, err
	}
	defer loader.Close()

	names := make([]string, 0, len(request.Source))
	for name := range request.Source {
		names = append(names, name)
	}
	sort.Strings(names)
	parser := syntax.NewParser()
	for _, name := range names {
		if err := parser.ParseFile(strings.NewReader(request.Source[name]), name); err != nil {
			return nil, nil, err
		}
	}
	if parser.Diagnostics.HasErrors() {
		return nil, parser.Diagnostics, nil
	}
	var options []pcl.BindOption
	if !request.Strict {
		options = pcl.NonStrictBindOptions()
	}
	program, problems, err := pcl.BindProgram(parser.Files, schema.NewCachedLoader(loader), options...)
	if err != nil || problems.HasErrors() {
		return nil, problems, err
	}
	files, more, err := python.GenerateProgram(program)
	return files, append(problems, more...), err
}
