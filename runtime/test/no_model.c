/* A shared library that is no model. */
int bitnet_no_model(void);
int bitnet_no_model(void) { return 0; }
