import type { BindingTable } from "./rule-text.ts"

/** Who has the role of the same name. */
export const CLUSTER_BINDINGS: BindingTable = {
  "cluster-admin": ["Group system:masters"],
  "system:basic-user": ["Group system:authenticated"],
  "system:discovery": ["Group system:authenticated"],
  "system:kube-controller-manager": ["User system:kube-controller-manager"],
  "system:kube-dns": ["ServiceAccount kube-system/kube-dns"],
  "system:kube-scheduler": ["User system:kube-scheduler"],
  "system:monitoring": ["Group system:monitoring"],
  "system:node": [],
  "system:node-proxier": ["User system:kube-proxy"],
  "system:public-info-viewer": ["Group system:authenticated", "Group system:unauthenticated"],
  "system:service-account-issuer-discovery": ["Group system:serviceaccounts"],
  "system:volume-scheduler": ["User system:kube-scheduler"],
}

/** `namespace/name` → who has the role in that namespace. */
export const NAMESPACE_BINDINGS: BindingTable = {
  "kube-public/system:controller:bootstrap-signer": ["ServiceAccount kube-system/bootstrap-signer"],
  "kube-system/extension-apiserver-authentication-reader": [
    "User system:kube-controller-manager",
    "User system:kube-scheduler",
  ],
  "kube-system/system::leader-locking-kube-controller-manager": [
    "User system:kube-controller-manager",
    "ServiceAccount kube-system/kube-controller-manager",
    "ServiceAccount kube-system/leader-election-controller",
  ],
  "kube-system/system::leader-locking-kube-scheduler": [
    "User system:kube-scheduler",
    "ServiceAccount kube-system/kube-scheduler",
  ],
  "kube-system/system:controller:bootstrap-signer": ["ServiceAccount kube-system/bootstrap-signer"],
  "kube-system/system:controller:cloud-provider": ["ServiceAccount kube-system/cloud-provider"],
  "kube-system/system:controller:token-cleaner": ["ServiceAccount kube-system/token-cleaner"],
}
