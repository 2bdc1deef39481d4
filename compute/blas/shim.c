#include "shim.h"

#include <cblas.h>
#include <stddef.h>

// LAPACK's own symbols, declared here: Debian's OpenBLAS has them and no header
// for them. A hidden length of each character argument comes last in Fortran.
extern void spotrf_(const char *uplo, const int *n, float *a, const int *lda, int *info, size_t);
extern void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t);
extern void spotrs_(const char *uplo, const int *n, const int *nrhs, const float *a, const int *lda, float *b, const int *ldb, int *info, size_t);
extern void dpotrs_(const char *uplo, const int *n, const int *nrhs, const double *a, const int *lda, double *b, const int *ldb, int *info, size_t);
extern void dtrtri_(const char *uplo, const char *diag, const int *n, double *a, const int *lda, int *info, size_t, size_t);
extern void dlauum_(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t);

void rv_one_thread(void) { openblas_set_num_threads(1); }
const char *rv_core(void) { return openblas_get_corename(); }
const char *rv_config(void) { return openblas_get_config(); }

static CBLAS_TRANSPOSE op(int t) { return t ? CblasTrans : CblasNoTrans; }

void rv_sgemm(int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc)
{
	cblas_sgemm(CblasRowMajor, op(ta), op(tb), m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void rv_dgemm(int ta, int tb, int m, int n, int k, double alpha, const double *a, int lda, const double *b, int ldb, double beta, double *c, int ldc)
{
	cblas_dgemm(CblasRowMajor, op(ta), op(tb), m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void rv_ssyrk(int trans, int n, int k, float alpha, const float *a, int lda, float beta, float *c, int ldc)
{
	cblas_ssyrk(CblasRowMajor, CblasUpper, op(trans), n, k, alpha, a, lda, beta, c, ldc);
}

void rv_dsyrk(int trans, int n, int k, double alpha, const double *a, int lda, double beta, double *c, int ldc)
{
	cblas_dsyrk(CblasRowMajor, CblasUpper, op(trans), n, k, alpha, a, lda, beta, c, ldc);
}

void rv_ssymv(int n, float alpha, const float *a, int lda, const float *x, float beta, float *y)
{
	cblas_ssymv(CblasRowMajor, CblasUpper, n, alpha, a, lda, x, 1, beta, y, 1);
}

void rv_dsymv(int n, double alpha, const double *a, int lda, const double *x, double beta, double *y)
{
	cblas_dsymv(CblasRowMajor, CblasUpper, n, alpha, a, lda, x, 1, beta, y, 1);
}

// An upper triangle by rows is a lower one by columns, LAPACK's "L".

int rv_spotrf(int n, float *a, int lda)
{
	int info = 0;
	spotrf_("L", &n, a, &lda, &info, 1);
	return info;
}

int rv_dpotrf(int n, double *a, int lda)
{
	int info = 0;
	dpotrf_("L", &n, a, &lda, &info, 1);
	return info;
}

// One right side goes by the vector routines: LAPACK would pack the whole
// triangle twice for it.

int rv_spotrs(int n, int nrhs, const float *a, int lda, float *b, int ldb)
{
	int info = 0;
	if (nrhs == 1) {
		cblas_strsv(CblasColMajor, CblasLower, CblasNoTrans, CblasNonUnit, n, a, lda, b, 1);
		cblas_strsv(CblasColMajor, CblasLower, CblasTrans, CblasNonUnit, n, a, lda, b, 1);
		return 0;
	}
	spotrs_("L", &n, &nrhs, a, &lda, b, &ldb, &info, 1);
	return info;
}

int rv_dpotrs(int n, int nrhs, const double *a, int lda, double *b, int ldb)
{
	int info = 0;
	if (nrhs == 1) {
		cblas_dtrsv(CblasColMajor, CblasLower, CblasNoTrans, CblasNonUnit, n, a, lda, b, 1);
		cblas_dtrsv(CblasColMajor, CblasLower, CblasTrans, CblasNonUnit, n, a, lda, b, 1);
		return 0;
	}
	dpotrs_("L", &n, &nrhs, a, &lda, b, &ldb, &info, 1);
	return info;
}

void rv_dtrsm(int m, int n, const double *r, int ldr, double *b, int ldb)
{
	cblas_dtrsm(CblasRowMajor, CblasLeft, CblasUpper, CblasTrans, CblasNonUnit, m, n, 1, r, ldr, b, ldb);
}

void rv_dtrmv(int trans, int n, const double *t, int ldt, double *x)
{
	cblas_dtrmv(CblasRowMajor, CblasUpper, op(trans), CblasNonUnit, n, t, ldt, x, 1);
}

// By halves: nearly all the work is done by products of matrices, which takes
// 0.8 of the time of dpotrf and dtrtri one after the other. The depth is the
// logarithm of n.
int rv_droot(int n, double *a, int lda)
{
	int info = 0;
	if (n <= 32) {
		dpotrf_("L", &n, a, &lda, &info, 1);
		if (!info)
			dtrtri_("L", "N", &n, a, &lda, &info, 1, 1);
		return info;
	}
	int m = (n / 2 + 7) / 8 * 8, k = n - m;
	double *b = a + m, *c = b + (size_t)m * lda;
	if ((info = rv_droot(m, a, lda)))
		return info;
	cblas_dtrmm(CblasRowMajor, CblasLeft, CblasUpper, CblasTrans, CblasNonUnit, m, k, 1, a, lda, b, lda);
	cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, k, m, -1, b, lda, 1, c, lda);
	if ((info = rv_droot(k, c, lda)))
		return info > 0 ? info + m : info;
	cblas_dtrmm(CblasRowMajor, CblasLeft, CblasUpper, CblasNoTrans, CblasNonUnit, m, k, -1, a, lda, b, lda);
	cblas_dtrmm(CblasRowMajor, CblasRight, CblasUpper, CblasNoTrans, CblasNonUnit, m, k, 1, c, lda, b, lda);
	return 0;
}

int rv_dlauum(int n, double *a, int lda)
{
	int info = 0;
	dlauum_("L", &n, a, &lda, &info, 1);
	return info;
}
