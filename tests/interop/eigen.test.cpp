// SPDX-License-Identifier: Apache-2.0
#include <muster/interop/eigen.hpp>
#include <type_traits>

#include "support/catch.hpp"

namespace num = muster::num;
using muster::interop::to_eigen;
using muster::interop::to_eigen_vector;
using muster::interop::to_view;

TEST_CASE("a tensor is a row-major matrix of Eigen, in place", "[interop][eigen]") {
  num::tensor<float> t{{2, 3}};
  for (std::size_t i = 0; i < 6; ++i) t[i] = static_cast<float>(i);
  auto m = to_eigen(t);
  CHECK(m.data() == t.data());
  CHECK(m(1, 0) == 3.0F);
  m *= 2.0F;
  CHECK(t(1, 2) == 10.0F);
  // (0 2 4; 6 8 10) times its transpose: 20, 56, 200
  const Eigen::MatrixXf square = m * m.transpose();
  CHECK(square(0, 0) == 20.0F);
  CHECK(square(0, 1) == 56.0F);
  CHECK(square(1, 1) == 200.0F);

  const num::tensor<float>& fixed = t;
  CHECK(to_eigen(fixed).sum() == 30.0F);
  static_assert(std::is_const_v<std::remove_pointer_t<decltype(to_eigen(fixed).data())>>);
}

TEST_CASE("higher ranks are stacked rows; a vector is one row or one column", "[interop][eigen]") {
  num::tensor<double> t{{2, 3, 4}};
  for (std::size_t i = 0; i < 24; ++i) t[i] = static_cast<double>(i);
  const auto m = to_eigen(t);
  CHECK(m.rows() == 6);
  CHECK(m.cols() == 4);
  CHECK(m(4, 1) == 17.0);  // [1, 1, 1]
  const num::view<double> v{t.data(), {5}};
  CHECK(to_eigen(v).rows() == 1);
  CHECK(to_eigen_vector(v).rows() == 5);
  CHECK(to_eigen_vector(t.view()).dot(Eigen::VectorXd::Ones(24)) == 276.0);
}

TEST_CASE("matrices and vectors of Eigen are views, in place", "[interop][eigen]") {
  Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> m(2, 3);
  m << 1, 2, 3, 4, 5, 6;
  const num::view<float> v = to_view(m);
  CHECK(v.data() == m.data());
  CHECK(v.shape() == num::shape{2, 3});
  CHECK(v(1, 0) == 4.0F);
  v(0, 2) = 9.0F;
  CHECK(m(0, 2) == 9.0F);
  const Eigen::Vector3d x{1, 2, 3};
  CHECK(to_view(x).shape() == num::shape{3});
  CHECK(to_view(x)[2] == 3.0);
  static_assert(std::is_same_v<decltype(to_view(x)), num::view<const double>>);
}
