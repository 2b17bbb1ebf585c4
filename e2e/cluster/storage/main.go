// The test bed's stand-in for a storage provider: for each claim of its class a folder of the machine, which every node
// sees, as a network disk would be. Unlike the controller manager's own host-path provisioner, the folder is open to
// any user (Pods do not run as root) and a claim can grow. Sizes are recorded and not enforced.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"path/filepath"
	"time"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	storagelisters "k8s.io/client-go/listers/storage/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	provisioner   = "kafkapipelines.io/test-bed-folder"
	provisionedBy = "pv.kubernetes.io/provisioned-by"
	retryAfter    = time.Second
	deadline      = 30 * time.Second
)

type provider struct {
	client  kubernetes.Interface
	root    string
	claims  corelisters.PersistentVolumeClaimLister
	volumes corelisters.PersistentVolumeLister
	classes storagelisters.StorageClassLister
}

func main() {
	kubeconfig := flag.String("kubeconfig", "", "how to reach the API server")
	root := flag.String("root", "", "the folder of all volumes")
	flag.Parse()
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		log.Fatal(err)
	}
	client := kubernetes.NewForConfigOrDie(config)
	factory := informers.NewSharedInformerFactory(client, 0)
	claims, volumes := factory.Core().V1().PersistentVolumeClaims(), factory.Core().V1().PersistentVolumes()
	classes := factory.Storage().V1().StorageClasses()

	changed := make(chan struct{}, 1)
	notify := func(any) {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	handler := cache.ResourceEventHandlerFuncs{AddFunc: notify, UpdateFunc: func(_, object any) { notify(object) }}
	for _, informer := range []cache.SharedIndexInformer{claims.Informer(), volumes.Informer(), classes.Informer()} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			log.Fatal(err)
		}
	}
	factory.Start(context.Background().Done())
	factory.WaitForCacheSync(context.Background().Done())

	p := provider{client, *root, claims.Lister(), volumes.Lister(), classes.Lister()}
	for range changed {
		if err := p.sync(); err != nil {
			log.Print(err)
			time.AfterFunc(retryAfter, func() { notify(nil) })
		}
	}
}

// sync brings every claim and every volume of this provider one step further.
func (p provider) sync() error {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	classes, err := p.classes.List(labels.Everything())
	if err != nil {
		return err
	}
	mine := map[string]core.PersistentVolumeReclaimPolicy{}
	for _, class := range classes {
		if class.Provisioner == provisioner && class.ReclaimPolicy != nil {
			mine[class.Name] = *class.ReclaimPolicy
		}
	}
	claims, err := p.claims.List(labels.Everything())
	if err != nil {
		return err
	}
	for _, claim := range claims {
		if claim.Spec.StorageClassName == nil || claim.DeletionTimestamp != nil {
			continue
		}
		if reclaim, ok := mine[*claim.Spec.StorageClassName]; ok {
			if err := p.serve(ctx, claim, reclaim); err != nil {
				return err
			}
		}
	}
	return p.reclaim(ctx)
}

func (p provider) serve(ctx context.Context, claim *core.PersistentVolumeClaim, reclaim core.PersistentVolumeReclaimPolicy) error {
	if claim.Spec.VolumeName == "" {
		return p.provision(ctx, claim, reclaim)
	}
	if claim.Status.Phase == core.ClaimBound {
		return p.expand(ctx, claim)
	}
	return nil
}

// provision makes the folder and its volume, bound to the claim.
func (p provider) provision(ctx context.Context, claim *core.PersistentVolumeClaim, reclaim core.PersistentVolumeReclaimPolicy) error {
	name := "pvc-" + string(claim.UID)
	if _, err := p.volumes.Get(name); err == nil {
		return nil
	}
	folder := filepath.Join(p.root, name)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	if err := os.Chmod(folder, 0o777); err != nil { // past the umask
		return err
	}
	volume := &core.PersistentVolume{
		ObjectMeta: meta.ObjectMeta{Name: name, Annotations: map[string]string{provisionedBy: provisioner}},
		Spec: core.PersistentVolumeSpec{
			Capacity:                      core.ResourceList{core.ResourceStorage: claim.Spec.Resources.Requests[core.ResourceStorage]},
			AccessModes:                   claim.Spec.AccessModes,
			PersistentVolumeReclaimPolicy: reclaim,
			StorageClassName:              *claim.Spec.StorageClassName,
			PersistentVolumeSource:        core.PersistentVolumeSource{HostPath: &core.HostPathVolumeSource{Path: folder}},
			ClaimRef: &core.ObjectReference{
				APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID,
			},
		},
	}
	_, err := p.client.CoreV1().PersistentVolumes().Create(ctx, volume, meta.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// expand records a larger request as granted: first in the volume, then in the claim.
func (p provider) expand(ctx context.Context, claim *core.PersistentVolumeClaim) error {
	wanted := claim.Spec.Resources.Requests[core.ResourceStorage]
	if wanted.Cmp(claim.Status.Capacity[core.ResourceStorage]) <= 0 {
		return nil
	}
	volume, err := p.volumes.Get(claim.Spec.VolumeName)
	if err != nil {
		return err
	}
	volume = volume.DeepCopy()
	volume.Spec.Capacity[core.ResourceStorage] = wanted
	if _, err := p.client.CoreV1().PersistentVolumes().Update(ctx, volume, meta.UpdateOptions{}); err != nil {
		return err
	}
	claim = claim.DeepCopy()
	claim.Status.Capacity[core.ResourceStorage] = wanted
	claim.Status.Conditions = nil
	_, err = p.client.CoreV1().PersistentVolumeClaims(claim.Namespace).UpdateStatus(ctx, claim, meta.UpdateOptions{})
	return err
}

// reclaim removes released volumes, and their folders, where the policy says so.
func (p provider) reclaim(ctx context.Context) error {
	volumes, err := p.volumes.List(labels.Everything())
	if err != nil {
		return err
	}
	for _, volume := range volumes {
		released := volume.Status.Phase == core.VolumeReleased || volume.Status.Phase == core.VolumeFailed
		mine := volume.Annotations[provisionedBy] == provisioner
		if !released || !mine || volume.Spec.PersistentVolumeReclaimPolicy != core.PersistentVolumeReclaimDelete {
			continue
		}
		// The name is our own: the folder is never one that somebody else wrote into the volume.
		if err := os.RemoveAll(filepath.Join(p.root, volume.Name)); err != nil {
			return err
		}
		err := p.client.CoreV1().PersistentVolumes().Delete(ctx, volume.Name, meta.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return nil
}
