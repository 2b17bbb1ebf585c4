package main

import (
	"fmt"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// cluster is what the rules of one node are made from.
type cluster struct {
	node, podRange string
	pods           []*core.Pod // those with an address of their own
	namespaces     map[string]labels.Set
	policies       []*networking.NetworkPolicy
}

// direction is one half of a policy: which address of a packet is the peer's.
type direction struct {
	chain, own, peer string
	kind             networking.PolicyType
}

var (
	ingress = direction{"in", "daddr", "saddr", networking.PolicyTypeIngress}
	egress  = direction{"out", "saddr", "daddr", networking.PolicyTypeEgress}
)

// table renders the whole nftables table, as a script that replaces the one that is loaded.
func (c cluster) table() string {
	var chains, dispatch strings.Builder
	for _, d := range []direction{egress, ingress} {
		var jumps strings.Builder
		for _, pod := range c.local() {
			rules, isolated := c.rules(pod, d)
			if !isolated {
				continue
			}
			chain := d.chain + "-" + strings.ReplaceAll(pod.Status.PodIP, ".", "-")
			fmt.Fprintf(&chains, " chain %s {\n%s  counter drop comment \"%s/%s\"\n }\n", chain, rules, pod.Namespace, pod.Name)
			fmt.Fprintf(&jumps, "   %s : jump %s,\n", pod.Status.PodIP, chain)
		}
		if jumps.Len() > 0 {
			fmt.Fprintf(&dispatch, "  ip %s vmap {\n%s  }\n", d.own, jumps.String())
		}
	}
	return "table inet netpol\ndelete table inet netpol\ntable inet netpol {\n" + chains.String() +
		" chain forward {\n  type filter hook forward priority filter; policy accept;\n  ct state established,related accept\n" +
		c.unreported() + dispatch.String() + " }\n}\n"
}

// unreported closes the addresses of the node's range that no Pod has yet: its policies are not known.
func (c cluster) unreported() string {
	var known []string
	for _, pod := range c.local() {
		known = append(known, pod.Status.PodIP)
	}
	var rules strings.Builder
	for _, address := range []string{ingress.own, egress.own} {
		except := ""
		if len(known) > 0 {
			except = fmt.Sprintf(" ip %s != %s", address, set(known))
		}
		fmt.Fprintf(&rules, "  ip %s %s%s counter drop comment \"no Pod yet\"\n", address, c.podRange, except)
	}
	return rules.String()
}

// rules are the accepting rules of one Pod in one direction; without any policy for it, the Pod is not isolated.
func (c cluster) rules(pod *core.Pod, d direction) (rules string, isolated bool) {
	var b strings.Builder
	for _, policy := range c.policies {
		applies := policy.Namespace == pod.Namespace && matches(&policy.Spec.PodSelector, pod.Labels)
		if !applies || !slices.Contains(policy.Spec.PolicyTypes, d.kind) {
			continue
		}
		isolated = true
		if d.kind == networking.PolicyTypeIngress {
			for _, rule := range policy.Spec.Ingress {
				c.accept(&b, pod, d, rule.From, rule.Ports)
			}
		} else {
			for _, rule := range policy.Spec.Egress {
				c.accept(&b, pod, d, rule.To, rule.Ports)
			}
		}
	}
	return b.String(), isolated
}

func (c cluster) accept(b *strings.Builder, pod *core.Pod, d direction, peers []networking.NetworkPolicyPeer, ports []networking.NetworkPolicyPort) {
	emit := func(addresses string, server *core.Pod) {
		for _, port := range portMatches(ports, server) {
			fmt.Fprintf(b, "  %s%scounter return\n", addresses, port)
		}
	}
	// A port's name means what the receiving Pod calls so: this Pod, or each peer its own.
	perPeer := d.kind == networking.PolicyTypeEgress && hasNames(ports)
	if len(peers) == 0 && !perPeer {
		emit("", pod)
		return
	}
	if len(peers) == 0 {
		peers = []networking.NetworkPolicyPeer{{NamespaceSelector: &meta.LabelSelector{}}}
	}
	for _, peer := range peers {
		if block := peer.IPBlock; block != nil {
			except := ""
			if len(block.Except) > 0 {
				except = fmt.Sprintf("ip %s != %s ", d.peer, set(block.Except))
			}
			emit(fmt.Sprintf("ip %s %s %s", d.peer, block.CIDR, except), pod)
			continue
		}
		var addresses []string
		for _, other := range c.selected(pod.Namespace, peer) {
			addresses = append(addresses, other.Status.PodIP)
			if perPeer {
				emit(fmt.Sprintf("ip %s %s ", d.peer, other.Status.PodIP), other)
			}
		}
		if len(addresses) > 0 && !perPeer {
			emit(fmt.Sprintf("ip %s %s ", d.peer, set(addresses)), pod)
		}
	}
}

// selected are the Pods that a peer of a policy in namespace means.
func (c cluster) selected(namespace string, peer networking.NetworkPolicyPeer) (pods []*core.Pod) {
	for _, pod := range c.pods {
		inside := pod.Namespace == namespace
		if peer.NamespaceSelector != nil {
			inside = matches(peer.NamespaceSelector, c.namespaces[pod.Namespace])
		}
		if inside && (peer.PodSelector == nil || matches(peer.PodSelector, pod.Labels)) {
			pods = append(pods, pod)
		}
	}
	return pods
}

func (c cluster) local() (pods []*core.Pod) {
	for _, pod := range c.pods {
		if pod.Spec.NodeName == c.node {
			pods = append(pods, pod)
		}
	}
	return pods
}

func matches(selector *meta.LabelSelector, set labels.Set) bool {
	s, err := meta.LabelSelectorAsSelector(selector)
	return err == nil && s.Matches(set)
}

func set(elements []string) string {
	return "{ " + strings.Join(elements, ", ") + " }"
}

func sortByName[T meta.Object](objects []T) {
	slices.SortFunc(objects, func(a, b T) int {
		return strings.Compare(a.GetNamespace()+"/"+a.GetName(), b.GetNamespace()+"/"+b.GetName())
	})
}
