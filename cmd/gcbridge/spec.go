package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"gcbridge/protocol/spec"
)

//go:generate go run . spec markdown --output ../../docs/protocol.md
//go:generate go run . spec asyncapi --output ../../docs/asyncapi.yaml

func specCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "spec",
		Short: "The protocol: reference, AsyncAPI document, and what proves each clause",
	}
	c.AddCommand(
		documentCommand("markdown", "Write the protocol reference (docs/protocol.md)", spec.Markdown),
		asyncAPICommand(),
		coverageCommand(),
	)
	return c
}

// documentCommand writes a document to standard output or a file.
func documentCommand(name, short string, write func(io.Writer) error) *cobra.Command {
	var output string
	c := &cobra.Command{
		Use:   name,
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return writeDocument(cmd.OutOrStdout(), output, write)
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "", "file to write (default standard output)")
	return c
}

func asyncAPICommand() *cobra.Command {
	var asJSON bool
	c := documentCommand("asyncapi", "Write the AsyncAPI 3.0 document (docs/asyncapi.yaml)", func(w io.Writer) error {
		if asJSON {
			return spec.JSON(w)
		}
		return spec.AsyncAPI(w)
	})
	c.Flags().BoolVar(&asJSON, "json", false, "JSON instead of YAML")
	return c
}

// writeDocument writes the whole document or, on an error, none of it.
func writeDocument(out io.Writer, file string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	if file != "" {
		return os.WriteFile(file, b.Bytes(), 0o644) // a document for everybody
	}
	_, err := out.Write(b.Bytes())
	return err
}

func coverageCommand() *cobra.Command {
	var source string
	c := &cobra.Command{
		Use:   "coverage",
		Short: "List for each clause of the page the golden file and the end-to-end test that prove it",
		Long: `coverage prints a row per clause of the GC JTAPI 4.4 page: commands, outputs,
error codes and user messages. It reads the source tree. The proofs are what
the end-to-end tests saw on the wire, kept in ` + spec.ProofsFile + `.
It ends with an error if a clause lacks its golden file or its test.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			clauses, err := spec.Coverage(os.DirFS(source))
			if err != nil {
				return err
			}
			unproven, err := spec.Report(cmd.OutOrStdout(), clauses)
			if err == nil && unproven > 0 {
				err = fmt.Errorf("spec coverage: %d clauses are not proven", unproven)
			}
			return err
		},
	}
	c.Flags().StringVar(&source, "source", ".", "the source tree")
	return c
}
