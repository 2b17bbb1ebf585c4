// The test bed's stand-in for a CNI product's NetworkPolicy agent, one on each node: it watches Pods, Namespaces and
// NetworkPolicies and keeps one nftables table, rewritten in one transaction. IPv4 and forwarded packets only: with the
// CNI plugin ptp every packet of a Pod is forwarded, and the probes of the node's own kubelet are not.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/exec"
	"strings"
	"time"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	settle     = 50 * time.Millisecond // changes come in bursts
	retryAfter = time.Second
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "how to reach the API server")
	node := flag.String("node", "", "the node whose Pods are guarded")
	podRange := flag.String("pod-cidr", "", "the node's Pod range: an address in it that no Pod has reported yet is closed")
	flag.Parse()
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		log.Fatal(err)
	}
	factory := informers.NewSharedInformerFactory(kubernetes.NewForConfigOrDie(config), 0)
	pods, namespaces := factory.Core().V1().Pods(), factory.Core().V1().Namespaces()
	policies := factory.Networking().V1().NetworkPolicies()

	changed := make(chan struct{}, 1)
	notify := func(any) {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc: notify, DeleteFunc: notify, UpdateFunc: func(_, object any) { notify(object) },
	}
	for _, informer := range []cache.SharedIndexInformer{pods.Informer(), namespaces.Informer(), policies.Informer()} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			log.Fatal(err)
		}
	}

	// Nothing is open before the first rules are in.
	closed := cluster{node: *node, podRange: *podRange}
	applied := closed.table()
	if err := load(applied); err != nil {
		log.Fatal(err)
	}
	factory.Start(context.Background().Done())
	factory.WaitForCacheSync(context.Background().Done())
	for range changed {
		time.Sleep(settle)
		// A lister over a local cache has no way to fail.
		allPods, _ := pods.Lister().List(labels.Everything())
		allNamespaces, _ := namespaces.Lister().List(labels.Everything())
		allPolicies, _ := policies.Lister().List(labels.Everything())
		table := observe(*node, *podRange, allPods, allNamespaces, allPolicies).table()
		if table == applied {
			continue
		}
		if err := load(table); err != nil {
			log.Printf("%v\n%s", err, table)
			time.AfterFunc(retryAfter, func() { notify(nil) })
			continue
		}
		applied = table
		log.Printf("%d policies, %d Pods", len(allPolicies), len(allPods))
	}
}

func load(table string) error {
	nft := exec.Command("nft", "-f", "-")
	nft.Stdin, nft.Stderr = strings.NewReader(table), os.Stderr
	return nft.Run()
}

// observe keeps what the rules depend on, in a stable order.
func observe(node, podRange string, pods []*core.Pod, namespaces []*core.Namespace, policies []*networking.NetworkPolicy) cluster {
	c := cluster{node: node, podRange: podRange, namespaces: map[string]labels.Set{}, policies: policies}
	for _, namespace := range namespaces {
		c.namespaces[namespace.Name] = namespace.Labels
	}
	for _, pod := range pods {
		ended := pod.Status.Phase == core.PodSucceeded || pod.Status.Phase == core.PodFailed
		if pod.Status.PodIP != "" && !pod.Spec.HostNetwork && !ended {
			c.pods = append(c.pods, pod)
		}
	}
	sortByName(c.pods)
	sortByName(c.policies)
	return c
}
