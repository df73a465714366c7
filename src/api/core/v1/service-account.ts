import type { ObjectMeta } from "../../../machinery/meta/object-meta.ts"
import { bool, list } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import { age } from "../../columns.ts"
import { LocalObjectReference, ObjectReference } from "./references.ts"

const MOUNTABLE_SECRETS = "kubernetes.io/enforce-mountable-secrets"

/** The secrets are those of the account's own namespace; only their names count. */
function keepNamesOnly(secrets: Draft<ObjectReference>[] | undefined): void {
  for (const [index, { name }] of (secrets ?? []).entries()) {
    if (secrets !== undefined) secrets[index] = name === undefined ? {} : { name }
  }
}

type Annotated = { readonly metadata: ObjectMeta }

function mountableSecretsWarning({ metadata }: Annotated, old: Annotated | undefined): readonly string[] {
  if (metadata.annotations?.[MOUNTABLE_SECRETS] === undefined) return []
  if (old?.metadata.annotations?.[MOUNTABLE_SECRETS] !== undefined) return []
  return [
    `metadata.annotations[${MOUNTABLE_SECRETS}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
  ]
}

/** An identity for programs in pods. https://kubernetes.io/docs/concepts/security/service-accounts/ */
export const ServiceAccount = defineResource({
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  plural: "serviceaccounts",
  shortNames: ["sa"],
  subresources: {
    token: { verbs: ["create"], kind: "TokenRequest", group: "authentication.k8s.io", version: "v1" },
  },
  doc: "An identity for programs in pods. Roles give it permissions.",
  definition: "io.k8s.api.core.v1.ServiceAccount",
  columns: [age],
  strategy: {
    unconditionalUpdate: true,
    returnsDeleted: true,
    prepareCreate: (account) => keepNamesOnly(account.secrets),
    prepareUpdate: (account) => keepNamesOnly(account.secrets),
    warnings: mountableSecretsWarning,
  },
  fields: {
    secrets: list(2, ObjectReference, {
      doc: "Secrets that belong to the account. Pods are kept to them only if the annotation kubernetes.io/enforce-mountable-secrets says so.",
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
    }),
    imagePullSecrets: list(3, LocalObjectReference, {
      doc: "Secrets with credentials for image registries, for pods that name none themselves.",
      listType: "atomic",
    }),
    automountServiceAccountToken: bool(4, {
      doc: "Whether pods of this account get a token for the API. Default true; a pod's own setting comes first.",
      pointer: true,
    }),
  },
})
export type ServiceAccount = ObjectOf<typeof ServiceAccount>
