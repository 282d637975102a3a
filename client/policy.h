/**
 * @file policy.h
 * Inside: which policy a function has, and whether it can have it. See hotpatch/policy.h.
 */
#ifndef HP_CLIENT_POLICY_H
#define HP_CLIENT_POLICY_H

#include "hotpatch/client.h"
#include "proxygen/signature.h"

/** Do the policies of an attach make sense? S_OK or E_INVALIDARG. */
HRESULT hp_policy_check(const hp_attach_options *options);

/** The policy of a function, by its full name; the default if nobody gave one. */
hp_policy hp_policy_choose(const hp_attach_options *options, const char *function);

/** Does a policy that was given for this name hold for a function? A short name means all of that name. */
int hp_policy_means(const char *given, const char *function);

/** S_OK; HP_E_POLICY if the function's result cannot be a fixed value and the policy may give one. */
HRESULT hp_policy_fits(const hp_policy *policy, const hp_signature *signature);

/** Does a failed call run the original, whatever it failed with? */
int hp_policy_is_plain(const hp_policy *policy);

#endif
