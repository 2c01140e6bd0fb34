// SPDX-License-Identifier: Apache-2.0

// A static program that tells what it found: its arguments, and its variables without their values but for one.
package main

import (
	"fmt"
	"os"
)

func main() {
	for i, argument := range os.Args {
		fmt.Printf("argv %d: %s\n", i, argument)
	}
	fmt.Printf("DELIVERED: %s\n", os.Getenv("DELIVERED"))
	fmt.Printf("variables: %d\n", len(os.Environ()))
}
