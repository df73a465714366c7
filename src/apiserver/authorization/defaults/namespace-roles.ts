import type { RoleTable } from "./rule-text.ts"

/** Roles within a namespace, as `namespace/name`. */
export const NAMESPACE_ROLES: RoleTable = {
  "kube-public/system:controller:bootstrap-signer": [
    "get,list,watch configmaps in core",
    "update configmaps in core named cluster-info",
    "create,patch,update events in core,events.k8s.io",
  ],
  "kube-system/extension-apiserver-authentication-reader": [
    "get,list,watch configmaps in core named extension-apiserver-authentication",
  ],
  "kube-system/system::leader-locking-kube-controller-manager": [
    "create,get,list,update,watch leases in coordination.k8s.io",
    "create,get,list,update,watch leasecandidates in coordination.k8s.io",
  ],
  "kube-system/system::leader-locking-kube-scheduler": [
    "create,get,list,update,watch leases in coordination.k8s.io",
    "create,get,list,update,watch leasecandidates in coordination.k8s.io",
  ],
  "kube-system/system:controller:bootstrap-signer": ["get,list,watch secrets in core"],
  "kube-system/system:controller:cloud-provider": ["create,get,list,watch configmaps in core"],
  "kube-system/system:controller:token-cleaner": [
    "delete,get,list,watch secrets in core",
    "create,patch,update events in core,events.k8s.io",
  ],
}
