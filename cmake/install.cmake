# What is installed beside the programs, and lies in the build tree as it does there.
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/share)
file(CREATE_LINK ${PROJECT_SOURCE_DIR}/share ${PROJECT_BINARY_DIR}/share/restream SYMBOLIC)
install(DIRECTORY share/ DESTINATION ${CMAKE_INSTALL_DATADIR}/restream)

# Completions, where the shells look for them. PowerShell has no such place: dot-source it.
install(FILES completions/restream.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
    RENAME restream)
install(FILES completions/_restream DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES completions/restream.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES completions/restream.ps1 DESTINATION ${CMAKE_INSTALL_DATADIR}/restream/completions)
