/** Disjoint sets over label ids; the smallest id of a set is its representative, so that order never matters. */
export class UnionFind {
  private parent = new Int32Array(1024)
  private count = 1

  /** Adds `count` new ids, each a set of its own, and returns the first. Id 0 is there from the start. */
  add(count: number): number {
    const first = this.count
    this.count += count
    if (this.count > this.parent.length) {
      const grown = new Int32Array(Math.max(this.count, this.parent.length * 2))
      grown.set(this.parent)
      this.parent = grown
    }
    for (let id = first; id < this.count; id++) this.parent[id] = id
    return first
  }

  get size(): number {
    return this.count
  }

  find(id: number): number {
    let root = id
    while ((this.parent[root] as number) !== root) root = this.parent[root] as number
    let at = id
    while ((this.parent[at] as number) !== root) {
      const next = this.parent[at] as number
      this.parent[at] = root
      at = next
    }
    return root
  }

  /** What `find` gives of every id: a parent is never greater than its child, so one pass from the front tells. */
  roots(): Int32Array {
    const roots = this.parent.slice(0, this.count)
    for (let id = 0; id < roots.length; id++) roots[id] = roots[roots[id] as number] as number
    return roots
  }

  /** The representatives of some ids. */
  findAll(ids: Int32Array): Int32Array {
    const found = new Int32Array(ids.length)
    for (let i = 0; i < ids.length; i++) found[i] = this.find(ids[i] as number)
    return found
  }

  union(a: number, b: number): void {
    const left = this.find(a)
    const right = this.find(b)
    if (left < right) this.parent[right] = left
    else this.parent[left] = right
  }
}
