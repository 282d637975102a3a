#include "registry/class_notice.h"

#include "idl/fault.h"

static LSTATUS watch(const wchar_t *path, BOOL below, HANDLE event, HKEY *key) {
    const DWORD filter = REG_NOTIFY_CHANGE_NAME | (below ? REG_NOTIFY_CHANGE_LAST_SET : 0);
    LSTATUS status = HP_FAULT("registry key to watch")
                         ? ERROR_GEN_FAILURE
                         : RegOpenKeyExW(HKEY_CURRENT_USER, path, 0, KEY_NOTIFY, key);
    if (status != ERROR_SUCCESS) {
        *key = NULL;
        return status;
    }
    return HP_FAULT("notice of changes") ? ERROR_GEN_FAILURE
                                         : RegNotifyChangeKeyValue(*key, below, filter, event, TRUE);
}

HRESULT hp_class_notice_open(HANDLE event, hp_class_notice *notice) {
    *notice = (hp_class_notice){0};
    ResetEvent(event);
    LSTATUS status = watch(L"Software", FALSE, event, &notice->parent);
    if (status == ERROR_SUCCESS) {
        status = watch(L"Software\\Classes", TRUE, event, &notice->classes);
        /* Not there, or going at this moment: its parent tells when it comes. */
        if (status == ERROR_FILE_NOT_FOUND || status == ERROR_KEY_DELETED)
            status = ERROR_SUCCESS;
    }
    return HRESULT_FROM_WIN32((DWORD)status);
}

void hp_class_notice_close(hp_class_notice *notice) {
    if (notice->classes != NULL)
        RegCloseKey(notice->classes);
    if (notice->parent != NULL)
        RegCloseKey(notice->parent);
    *notice = (hp_class_notice){0};
}
