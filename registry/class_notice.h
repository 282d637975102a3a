/**
 * @file class_notice.h
 * Being told that a per-user class may have come, changed or gone.
 */
#ifndef HP_REGISTRY_CLASS_NOTICE_H
#define HP_REGISTRY_CLASS_NOTICE_H

#include "hotpatch/error.h"

/** What is watched. Zero-initialise. */
typedef struct hp_class_notice {
    /** Software: tells when Software\Classes comes or goes, which a watch of that key does not */
    HKEY parent;
    HKEY classes; /**< Software\Classes and all below, NULL while it does not exist */
} hp_class_notice;

/**
 * Ask for the next change below HKEY_CURRENT_USER\Software\Classes. Ask first and look then, so that none is
 * missed. The calling thread must live as long as the notice.
 *
 * @param event   set at the next change, and also by hp_class_notice_close; reset here
 * @param notice  closed with hp_class_notice_close, also on failure
 * @return S_OK or a wrapped Win32 error
 */
HRESULT hp_class_notice_open(HANDLE event, hp_class_notice *notice);

/** End of a notice. */
void hp_class_notice_close(hp_class_notice *notice);

#endif
