import { formatQuantity, quantityOf } from "../../machinery/quantity/quantity.ts"

/** `hugepages-2Mi` for pages of two mebibytes. */
export function hugepageResource(pageBytes: number): string {
  return `hugepages-${formatQuantity(quantityOf(pageBytes, "BinarySI"))}`
}
