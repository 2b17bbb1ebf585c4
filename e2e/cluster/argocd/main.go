// Argo CD's application controller and repo server, without its user interface, single sign-on, notifications and clients: they
// would double the time that the build takes.
package main

import (
	"os"

	controller "github.com/argoproj/argo-cd/v3/cmd/argocd-application-controller/commands"
	reposerver "github.com/argoproj/argo-cd/v3/cmd/argocd-repo-server/commands"
	"github.com/spf13/cobra"
)

func main() {
	argocd := &cobra.Command{Use: "argocd", Short: "Argo CD, as much of it as syncs a cluster", SilenceUsage: true}
	argocd.AddCommand(controller.NewCommand(), reposerver.NewCommand(), healthTest())
	if argocd.Execute() != nil {
		os.Exit(1)
	}
}
