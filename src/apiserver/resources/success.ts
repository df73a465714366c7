import type { ApiResult } from "../call.ts"

/** The answer where nothing but success is to be told. */
export function success(code: number): ApiResult {
  return { type: "value", code, value: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code } }
}
