#!/bin/bash
# PID 1 of a node, in mount, network, PID and UTS namespaces of its own: what is mounted here, this node alone sees.
# NODE is its name, ADDRESS its address, ZONE its zone, PODS its Pod range; DIR its folder; BIN has the programs, PKI the kubeconfigs.
set -u

# As an init system would: what ends is started again.
supervise() {
  local log=$DIR/log/$1.log
  while :; do "$@" >>"$log" 2>&1; echo "ended with $?" >>"$log"; sleep 1; done
}

hostname "$NODE"
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mkdir -p /run/netns /run/lock
for place in kubelet:/var/lib/kubelet containerd:/var/lib/containerd log:/var/log cni:/etc/cni cni-state:/var/lib/cni; do
  mkdir -p "$DIR/${place%%:*}" "${place#*:}"
  mount --bind "$DIR/${place%%:*}" "${place#*:}"
done
# kubelet sets these for the whole machine, and an oops would then bring it down: it gets files to write to instead.
for setting in kernel/panic kernel/panic_on_oops vm/overcommit_memory; do
  cp "/proc/sys/$setting" "/run/${setting#*/}"
  mount --bind "/run/${setting#*/}" "/proc/sys/$setting"
done
mount --make-rshared /
rm -rf /var/lib/cni/networks # a machine that starts has no Pods, so no leased addresses

export PATH=$BIN:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin
supervise containerd --config "$DIR/etc/containerd.toml" &
until [ -e "$DIR/images-are-in" ]; do sleep 0.1; done
supervise netpol --kubeconfig "$PKI/netpol.kubeconfig" --node "$NODE" --pod-cidr "$PODS" &
supervise kubelet --config "$DIR/etc/kubelet.yaml" --kubeconfig "$PKI/$NODE.kubeconfig" --hostname-override "$NODE" \
  --node-ip "$ADDRESS" --node-labels "topology.kubernetes.io/zone=$ZONE" --v 1 &
supervise kube-proxy --config "$DIR/etc/kube-proxy.yaml" &
while :; do wait -n; done
