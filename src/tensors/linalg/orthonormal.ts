/**
 * @module
 * Columns made orthonormal one after the other (Gram–Schmidt, the modified form): a column loses its part along every
 * finished column, first to last, and is divided by its norm. Then the same once more, which makes them orthonormal to the
 * last bits however close to dependent they were (Giraud et al. 2005). All sums run down the column.
 */

/** Overwrites the columns of `x` (rows, columns). A column that depends on those before it gives noise or NaN. */
export function orthonormalise(x: Float64Array, rows: number, columns: number): void {
  const dot = (i: number, j: number): number => {
    let sum = 0;
    for (let k = 0; k < rows; k++) sum += x[k * columns + i]! * x[k * columns + j]!;
    return sum;
  };
  for (let j = 0; j < columns; j++) {
    for (let pass = 0; pass < 2; pass++) {
      for (let i = 0; i < j; i++) {
        const along = dot(i, j);
        for (let k = 0; k < rows; k++) x[k * columns + j] = x[k * columns + j]! - along * x[k * columns + i]!;
      }
      const norm = Math.sqrt(dot(j, j));
      for (let k = 0; k < rows; k++) x[k * columns + j] = x[k * columns + j]! / norm;
    }
  }
}
