import type { Secret } from "../../api/core/v1/secret.ts"
import type { ServiceAccount } from "../../api/core/v1/service-account.ts"

export const ACCOUNT_NAME = "kubernetes.io/service-account.name"
export const ACCOUNT_UID = "kubernetes.io/service-account.uid"
const ISSUER = "kubernetes/serviceaccount"
const CLAIM = "kubernetes.io/serviceaccount"

export const isAccountToken = ({ type }: Secret): boolean => type === "kubernetes.io/service-account-token"

/** What a token says that has no end and counts as long as its secret holds it. */
export function legacyClaims({ metadata }: ServiceAccount, secret: Secret) {
  const { name, namespace, uid } = metadata
  return {
    iss: ISSUER,
    [`${CLAIM}/namespace`]: namespace,
    [`${CLAIM}/secret.name`]: secret.metadata.name,
    [`${CLAIM}/service-account.name`]: name,
    [`${CLAIM}/service-account.uid`]: uid,
    sub: `system:serviceaccount:${namespace}:${name}`,
  }
}

/** The secret with all that belongs in it; undefined when it is there. */
export function filled(
  secret: Secret,
  account: ServiceAccount,
  caPem: string,
  token: () => string,
): Secret | undefined {
  const { data = {}, metadata } = secret
  const wanted = {
    "ca.crt": encode(caPem),
    namespace: data["namespace"] || encode(metadata.namespace),
    token: data["token"] || undefined,
  }
  if (wanted.token !== undefined && data["ca.crt"] === wanted["ca.crt"] && data["namespace"] === wanted.namespace) {
    return undefined
  }
  const annotations = {
    ...metadata.annotations,
    [ACCOUNT_NAME]: account.metadata.name,
    [ACCOUNT_UID]: account.metadata.uid,
  }
  return {
    ...secret,
    metadata: { ...metadata, annotations },
    data: { ...data, ...wanted, token: wanted.token ?? encode(token()) },
  }
}

const encode = (text: string): string => Buffer.from(text).toString("base64")
