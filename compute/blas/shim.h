// OpenBLAS behind one surface: row-major matrices, upper triangles, 32-bit sizes.
// Each call computes on the thread that makes it.
#ifndef RV_BLAS_SHIM_H
#define RV_BLAS_SHIM_H

void rv_one_thread(void);
const char *rv_core(void);
const char *rv_config(void);

void rv_sgemm(int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);
void rv_dgemm(int ta, int tb, int m, int n, int k, double alpha, const double *a, int lda, const double *b, int ldb, double beta, double *c, int ldc);
void rv_ssyrk(int trans, int n, int k, float alpha, const float *a, int lda, float beta, float *c, int ldc);
void rv_dsyrk(int trans, int n, int k, double alpha, const double *a, int lda, double beta, double *c, int ldc);
void rv_ssymv(int n, float alpha, const float *a, int lda, const float *x, float beta, float *y);
void rv_dsymv(int n, double alpha, const double *a, int lda, const double *x, double beta, double *y);

// The factorisations return 0, or the order of the first leading minor that is
// not positive; a negative number is an argument that LAPACK refuses.
int rv_spotrf(int n, float *a, int lda);
int rv_dpotrf(int n, double *a, int lda);
int rv_spotrs(int n, int nrhs, const float *a, int lda, float *b, int ldb);
int rv_dpotrs(int n, int nrhs, const double *a, int lda, double *b, int ldb);

// b of m × n, by rows, becomes the solution of rᵀ·x = b, r the upper triangle of m.
void rv_dtrsm(int m, int n, const double *r, int ldr, double *b, int ldb);
// The upper triangle of a becomes t, t·tᵀ = a⁻¹. Returns as the factorisations do.
int rv_droot(int n, double *a, int lda);
// x becomes t·x, or tᵀ·x, for the upper triangle t.
void rv_dtrmv(int trans, int n, const double *t, int ldt, double *x);
// The upper triangle t becomes that of t·tᵀ.
int rv_dlauum(int n, double *a, int lda);

// The rows and columns c[0..k), rising, of a symmetric matrix of n given as the
// rows of its upper triangle one after the other, into the upper triangle of s
// and, where it is given, of a.
void rv_sgather(long long n, const float *t, int k, const unsigned *c, double *s, float *a);
void rv_dgather(long long n, const double *t, int k, const unsigned *c, double *s, float *a);

#endif
