// SPDX-License-Identifier: Apache-2.0
#pragma once

// All operations that ship, grouped by idea; a program that needs few may include those alone.
#include <muster/autodiff/ops/arithmetic.hpp>
#include <muster/autodiff/ops/elementwise.hpp>
#include <muster/autodiff/ops/graph.hpp>
#include <muster/autodiff/ops/indexing.hpp>
#include <muster/autodiff/ops/loss.hpp>
#include <muster/autodiff/ops/normalisation.hpp>
#include <muster/autodiff/ops/products.hpp>
#include <muster/autodiff/ops/reductions.hpp>
#include <muster/autodiff/ops/softmax.hpp>
#include <muster/autodiff/ops/stop_gradient.hpp>
